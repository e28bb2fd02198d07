"""The site's own pages: the headings and words of each section, its texts, and redirects of old addresses."""

from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from editorial.fields import RichTextField
from editorial.models import Content, ContentQuerySet, SluggableContent, SluggableQuerySet
from pictures.models import cover_field


class PageQuerySet(SluggableQuerySet):
    def for_layout(self):
        """Every published page that has a place in the program, in the menu or in the footer, with its texts."""
        return self.published().exclude(kind=Page.Kind.TEXT, place=Page.Place.NOWHERE)


class PageKind(models.TextChoices):
    HOME = "home", _("home page")
    VISION = "vision", _("vision for the future")
    DELIVERABLES = "deliverables", _("list of deliverables")
    INITIATIVES = "initiatives", _("list of initiatives")
    TASKS = "tasks", _("tasks of the host university")
    PARTNERS = "partners", _("list of partner universities")
    MILESTONES = "milestones", _("timeline")
    SITEMAP = "sitemap", _("overview of the site")
    SEARCH = "search", _("search")
    TEXT = "text", _("text page")


class Page(SluggableContent):
    """One page of the site as staff name and introduce it.

    A section's page (home, partners …) has a place in the program; staff change its words. A text page is theirs
    altogether, and they may add more.
    """

    content_section = "pages"
    heading_field = "short_title"
    body_fields = ("title", "body")

    Kind = PageKind

    class Place(models.TextChoices):
        MENU = "menu", _("in the menu")
        FOOTER = "footer", _("in the footer of every page")
        NOWHERE = "nowhere", _("only where another page links to it")

    kind = models.CharField(
        _("kind"),
        max_length=20,
        choices=Kind,
        default=Kind.TEXT,
        help_text=_("The content that the site adds to the page automatically."),
    )
    place = models.CharField(
        _("place"),
        max_length=10,
        choices=Place,
        default=Place.NOWHERE,
        help_text=_("Where visitors find the link to this page."),
    )
    title = models.CharField(_("title"), max_length=150, help_text=_("The heading at the top of the page."))
    short_title = models.CharField(
        _("short title"), max_length=40, help_text=_("One to three words, for the menu and the breadcrumbs.")
    )
    description = models.CharField(
        _("description"),
        max_length=300,
        help_text=_("One or two sentences that search engines and link previews show."),
    )
    lead = models.TextField(
        _("lead paragraph"),
        max_length=600,
        blank=True,
        help_text=_("A sentence or two in large letters below the heading."),
    )
    body = RichTextField(_("text"), blank=True)
    cover = cover_field(_("Shown at the top of a text page. Add and describe pictures under Pictures."))

    objects = PageQuerySet.as_manager()

    class Meta(SluggableContent.Meta):
        verbose_name = _("page")
        verbose_name_plural = _("pages")
        constraints = [
            models.UniqueConstraint(
                fields=["kind"],
                condition=~Q(kind="text"),
                name="one_page_a_section",
                violation_error_message=_("This section has a page already. Change that one."),
            ),
            models.CheckConstraint(
                condition=Q(kind__in=PageKind.values),
                name="page_kind_is_known",
                violation_error_message=_("Choose a kind from the list."),
            ),
        ]

    def __str__(self):
        return self.short_title

    def fill_slugs(self):
        if self.kind == self.Kind.TEXT:
            super().fill_slugs()

    @property
    def meta_description(self) -> str:
        return self.description

    @property
    def is_of_alliance(self) -> bool:
        """Whether it tells of the alliance; the others are about the site itself."""
        return self.place == self.Place.MENU or self.kind not in (self.Kind.SITEMAP, self.Kind.SEARCH, self.Kind.TEXT)

    def get_absolute_url(self):
        if self.kind == self.Kind.TEXT:
            return reverse("pages:text", args=[self.slug])
        if self.kind == self.Kind.PARTNERS:
            return reverse("partners:list")
        if self.kind == self.Kind.SEARCH:
            return reverse("search:results")
        return reverse(f"alliance:{self.kind}")


class RedirectQuerySet(ContentQuerySet):
    def target(self, path: str) -> str | None:
        """Where `path` leads now: an address, "" if it is gone for good, None if nothing is known of it."""
        return self.filter(old_path=path.rstrip("/") or "/").values_list("new_path", flat=True).first()

    def targets(self) -> dict[str, str]:
        """Each old address and where it leads now; "" if it is gone for good."""
        return dict(self.values_list("old_path", "new_path"))


validate_address = RegexValidator(
    r"[\x00-\x1f\x7f-\x9f]",
    _("An address has no line breaks, tabs or other control characters. Remove them."),
    inverse_match=True,
)


class Redirect(Content):
    """An old address and where it leads now, for good.

    Not django.contrib.redirects: that needs the sites framework, whose domain would then stand in the sitemap
    in place of the address under which the visitor really reads the site.
    """

    content_section = "redirects"

    old_path = models.CharField(
        _("old address"),
        max_length=300,
        unique=True,
        validators=[validate_address],
        help_text=_("The path without the host name, starting with a slash, such as /unic."),
    )
    new_path = models.CharField(
        _("new address"),
        max_length=300,
        blank=True,
        validators=[validate_address],
        help_text=_("A path as well, such as /en/. Leave it empty for a page that was permanently removed."),
    )

    objects = RedirectQuerySet.as_manager()

    class Meta(Content.Meta):
        verbose_name = _("redirect")
        verbose_name_plural = _("redirects")
        ordering = ("old_path",)
        constraints = [
            models.CheckConstraint(
                condition=~Q(old_path=F("new_path")),
                name="redirect_leads_elsewhere",
                violation_error_message=_("The old and the new address are the same."),
            )
        ]

    def __str__(self):
        return self.old_path

    def clean(self):
        if "\0" in self.old_path + self.new_path:
            # The field's own validator refuses it, and PostgreSQL cannot be asked about it.
            return
        for field in ("old_path", "new_path"):
            path = getattr(self, field)
            # Two slashes in front would name another host (RFC 3986, section 4.2).
            if path and (not path.startswith("/") or path.startswith("//") or "\\" in path):
                raise ValidationError(
                    {field: _("Start with one slash, such as /unic. A redirect cannot lead to another site.")}
                )
        self.old_path = self.old_path.rstrip("/") or "/"
        if Redirect.objects.filter(old_path=self.new_path.rstrip("/")).exclude(pk=self.pk).exists():
            raise ValidationError({"new_path": _("That address is itself redirected. Enter the final address.")})

    def key_source(self):
        return self.old_path.replace("/", " ")
