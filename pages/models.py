"""Pages of the site, section pages and text pages, and redirects of old addresses."""

import re
from functools import reduce
from operator import or_
from typing import Any, ClassVar
from urllib.parse import unquote

from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from consent.models import NoticeVersion, PolicyVersion, PrivacyPolicy
from editorial.clean_text import REFUSED
from editorial.fields import RichTextField
from editorial.models import Content, ContentQuerySet, SluggableContent, SluggableQuerySet
from editorial.texts import TranslatedText, page_language_code
from feedback.models import feedback_page
from pages import sections
from pages.addresses import Pairs, canonical_address, canonical_path, is_answered, matching_addresses, reserved_words
from pictures.models import cover_field


class PageQuerySet(SluggableQuerySet):
    def for_layout(self):
        """Published pages of sections, and published pages in the menu or footer."""
        return self.published().exclude(kind=Page.Kind.TEXT, place=Page.Place.NOWHERE)


PageManager = models.Manager.from_queryset(PageQuerySet)


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
    PRIVACY = "privacy", _("privacy policy")
    COOKIES = "cookies", _("cookies")
    ACCESSIBILITY = "accessibility", _("accessibility statement")
    TEXT = "text", _("text page")


def page_kinds() -> list[tuple[str, Any]]:
    """Return the kinds of pages as choices, with the sections that other apps register."""
    return [*PageKind.choices, *(pair for pair in sections.kinds() if pair[0] not in PageKind.values)]


# Kinds whose pages have a slug of their own. All but TEXT have content that the site adds below the text.
KINDS_WITH_SLUG = (PageKind.TEXT, PageKind.PRIVACY, PageKind.COOKIES, PageKind.ACCESSIBILITY)
# Kinds that only privacy officers change, because visitors rely on them when they consent.
KINDS_OF_OFFICERS = (PageKind.PRIVACY, PageKind.COOKIES)


class Page(SluggableContent):
    """A page of the site.

    A section page (home, partners …) has a view of its own, and staff edit its texts. Staff can add text pages, which
    only have their text.
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
        choices=page_kinds,
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

    objects: ClassVar[PageManager] = PageManager()

    class Meta(SluggableContent.Meta):
        verbose_name = _("page")
        verbose_name_plural = _("pages")
        constraints = [
            models.UniqueConstraint(
                fields=["kind"],
                condition=~Q(kind="text"),
                name="one_page_a_section",
                violation_error_message=_("This section has a page already. Change that one."),
            )
        ]

    def __str__(self):
        return self.short_title

    def fill_slugs(self):
        if self.kind in KINDS_WITH_SLUG:
            super().fill_slugs()

    def taken_slugs(self, lookup, value):
        """Add the words of other addresses of the site, in any language, to the slugs of other pages."""
        return super().taken_slugs(lookup, value) | reserved_words()

    @property
    def meta_description(self) -> str:
        return self.description

    @property
    def is_of_alliance(self) -> bool:
        """Whether the page is about the alliance, not about the site itself."""
        of_site = (self.Kind.SITEMAP, self.Kind.SEARCH, *KINDS_WITH_SLUG)
        return self.place == self.Place.MENU or self.kind not in of_site

    @property
    def permission_model(self) -> type[models.Model]:
        return PrivacyPolicy if self.kind in KINDS_OF_OFFICERS else Page

    def languages(self) -> set[str]:
        """Return the languages in which the text and what is drawn below it are translated."""
        languages = super().languages()
        if self.kind == self.Kind.PRIVACY and (policy := PolicyVersion.objects.current()):
            return languages & policy.languages()
        if self.kind == self.Kind.COOKIES and (notice := NoticeVersion.objects.current()):
            return languages & notice.languages()
        return languages

    def section_texts(self) -> list[TranslatedText]:
        """Return what the page of a section says about it, for the search, where this counts like a heading."""
        return [] if self.kind == self.Kind.TEXT else [self.translated["description"], self.translated["lead"]]

    def drawn_texts(self) -> list[str]:
        """Return the texts that the site adds below the text of the page, in the active language, for the search."""
        language = page_language_code()
        if self.kind == self.Kind.PRIVACY and (policy := PolicyVersion.objects.current()):
            return [text for section in policy.texts(language) for text in (section["heading"], section["text"])]
        if self.kind == self.Kind.COOKIES and (notice := NoticeVersion.objects.current()):
            return notice.purpose_texts(language)
        if self.kind == self.Kind.ACCESSIBILITY and (feedback := feedback_page()):
            return [feedback.unit, feedback.telephone, feedback.building_access]
        return []

    def get_absolute_url(self):
        if self.kind in KINDS_WITH_SLUG:
            return reverse("pages:text", args=[self.slug])
        return reverse(sections.registered[self.kind].url_name)


class RedirectQuerySet(ContentQuerySet["Redirect"]):
    def match(self, path: str, query: str) -> "tuple[Redirect, Pairs] | None":
        """Return the redirect for a percent-encoded path and a query, and the parameters in its old address.

        A redirect with more parameters has priority.
        """
        addresses = matching_addresses(path, query)
        found = {redirect.old_path: redirect for redirect in self.filter(old_path__in=addresses)}
        return next(((found[address], used) for address, used in addresses.items() if address in found), None)

    def targets(self) -> dict[str, str]:
        """Old path → new path; "" if the page was permanently removed."""
        return dict(self.values_list("old_path", "new_path"))


RedirectManager = models.Manager.from_queryset(RedirectQuerySet)


MAX_ADDRESS_LENGTH = 300
UNSENT_CHARACTERS = re.compile(r"[\x00-\x1f\x7f-\x9f]")
IN_ADMIN = re.compile(r"/admin(?![^/])")
validate_address = RegexValidator(
    UNSENT_CHARACTERS.pattern,
    _("An address has no line breaks, tabs or other control characters. Remove them."),
    inverse_match=True,
)


class Redirect(Content):
    """A permanent redirect from an old address.

    django.contrib.redirects needs the sites framework, which would replace the host of the request in the sitemap by
    its own domain.
    """

    content_section = "redirects"

    old_path = models.CharField(
        _("old address"),
        max_length=MAX_ADDRESS_LENGTH,
        unique=True,
        validators=[validate_address],
        help_text=_("The path without the host name, starting with a slash, such as /old-page."),
    )
    new_path = models.CharField(
        _("new address"),
        max_length=MAX_ADDRESS_LENGTH,
        blank=True,
        validators=[validate_address],
        help_text=_("A path as well, such as /en/. Leave it empty for a page that was permanently removed."),
    )

    objects: ClassVar[RedirectManager] = RedirectManager()

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

    def save(self, *args, **kwargs):
        self.old_path = canonical_address(self.old_path)
        super().save(*args, **kwargs)

    def clean(self):
        addresses = self.old_path + self.new_path
        if UNSENT_CHARACTERS.search(addresses) or REFUSED.search(addresses):
            # The field reports it.
            return
        for field in ("old_path", "new_path"):
            path = getattr(self, field)
            # A path with two leading slashes names another host (RFC 3986, section 4.2).
            if path and (not path.startswith("/") or path.startswith("//") or "\\" in path):
                raise ValidationError(
                    {field: _("Start with one slash, such as /old-page. A redirect cannot lead to another site.")}
                )
        self.clean_old_path()
        if self.new_path:
            self.clean_new_path()

    def clean_old_path(self) -> None:
        """Write the old address in the form in which it is looked up. Raises ValidationError if it can never match."""
        if "#" in self.old_path:
            reason = _("Leave out the # and what follows it: browsers do not send it, so it can never match.")
            raise ValidationError({"old_path": reason})
        canonical = canonical_address(self.old_path)
        if UNSENT_CHARACTERS.search(unquote(canonical)):
            raise ValidationError({"old_path": validate_address.message})
        if len(canonical) > MAX_ADDRESS_LENGTH:
            raise ValidationError({"old_path": _("This address is too long. Enter a shorter one.")})
        path = canonical.partition("?")[0]
        # The root is only redirected with a query (pages/middleware.py).
        if canonical == "/" or IN_ADMIN.match(path) or (path != "/" and is_answered(path)):
            reason = _("A page of this site has this address, and pages have priority, so it can never match.")
            raise ValidationError({"old_path": reason})
        self.old_path = canonical

    def clean_new_path(self) -> None:
        """Raise ValidationError if the new address leads back to the old one or to another redirect."""
        path, _sign, query = self.new_path.partition("#")[0].partition("?")
        if self.old_path in matching_addresses(path, query):
            raise ValidationError({"new_path": _("The new address leads back to the old one. Enter another one.")})
        others = Redirect.objects.exclude(pk=self.pk)
        if others.match(path, query):
            raise ValidationError({"new_path": _("That address is itself redirected. Enter the final address.")})
        # Parameters of a request are added to the new address, so that a redirect with parameters can match then.
        own_path, seen, path = self.old_path.partition("?")[0], set(), canonical_path(path)
        paths = [path]
        while paths:
            seen.update(paths)
            steps = others.filter(
                reduce(or_, (Q(old_path__startswith=f"{path}?") | Q(old_path=path) for path in paths))
            )
            targets = {
                canonical_path(new.partition("#")[0].partition("?")[0]): old
                for old, new in steps.exclude(new_path="").values_list("old_path", "new_path")
            }
            if own_path in targets:
                message = _("The new address leads back to the old one through %(other)s. Enter another one.")
                raise ValidationError({"new_path": message % {"other": targets[own_path]}})
            paths = [path for path in targets if path not in seen]

    def key_source(self):
        return re.sub("[^\\w%]", " ", self.old_path)
