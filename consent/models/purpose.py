"""Purposes, and the cookies declared for each, as staff edit them."""

from cookie_consent.models import Cookie, CookieGroup
from django.db import models, transaction
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from editorial.models import ContentQuerySet, OrderedContent


class Purpose(OrderedContent):
    """What cookies are used for. Visitors answer each purpose apart; a necessary one needs no consent.

    django-cookie-consent's CookieGroup of the same name follows it.
    """

    content_section = "purposes"
    heading_field = "name"

    name = models.CharField(_("name"), max_length=100)
    description = models.TextField(
        _("description"), max_length=600, help_text=_("What happens with the data, in words that everyone understands.")
    )
    is_necessary = models.BooleanField(
        _("necessary"),
        default=False,
        help_text=_("Without it the site cannot do what the visitor asks for (Article 5(3) ePrivacy Directive)."),
    )

    class Meta(OrderedContent.Meta):
        verbose_name = _("purpose")
        verbose_name_plural = _("purposes")

    def __str__(self):
        return self.name

    @transaction.atomic
    def save(self, *args, **kwargs):
        super().save(*args, **kwargs)
        defaults = {"name": self.name_en, "is_required": self.is_necessary, "ordering": self.order}
        CookieGroup.objects.update_or_create(varname=self.key, defaults=defaults)

    @transaction.atomic
    def delete(self, *args, **kwargs):
        CookieGroup.objects.filter(varname=self.key).delete()
        return super().delete(*args, **kwargs)


class DeclaredCookieQuerySet(ContentQuerySet):
    def storing(self) -> set[str]:
        """The keys of the purposes for which browsers keep more than cookies."""
        return set(self.exclude(kind=DeclaredCookie.Kind.COOKIE).values_list("purpose__key", flat=True))


class DeclaredCookie(OrderedContent):
    """One cookie, or other storage, that the site may keep in a visitor's browser, and all that must be said of it.

    django-cookie-consent's Cookie of the same name follows it.
    """

    content_section = "cookies"
    heading_field = "name"

    class Kind(models.TextChoices):
        COOKIE = "cookie", _("cookie")
        LOCAL_STORAGE = "local", _("local storage")
        SESSION_STORAGE = "session", _("session storage")
        INDEXED_DB = "indexeddb", _("database in the browser")

    purpose = models.ForeignKey(Purpose, models.PROTECT, related_name="cookies", verbose_name=_("purpose"))
    name = models.CharField(
        _("name"),
        max_length=120,
        unique=True,
        help_text=_("Its technical name; a star at the end stands for any ending, as in _ga_*."),
    )
    kind = models.CharField(_("kind"), max_length=10, choices=Kind, default=Kind.COOKIE)
    provider = models.CharField(_("provider"), max_length=200, help_text=_("Who sets it and can read it."))
    description = models.CharField(_("what it is for"), max_length=300)
    duration = models.CharField(_("duration"), max_length=100, help_text=_("How long it is kept, such as 6 months."))

    objects = DeclaredCookieQuerySet.as_manager()

    class Meta(OrderedContent.Meta):
        verbose_name = _("cookie")
        verbose_name_plural = _("cookies")
        constraints = [
            models.CheckConstraint(
                condition=Q(kind__in=["cookie", "local", "session", "indexeddb"]),
                name="cookie_kind_is_known",
                violation_error_message=_("Choose a kind from the list."),
            )
        ]

    def __str__(self):
        return self.name

    def key_source(self):
        return self.name

    @transaction.atomic
    def save(self, *args, **kwargs):
        super().save(*args, **kwargs)
        group = CookieGroup.objects.get(varname=self.purpose.key)
        Cookie.objects.update_or_create(name=self.name, domain="", defaults={"cookiegroup": group})

    @transaction.atomic
    def delete(self, *args, **kwargs):
        Cookie.objects.filter(name=self.name, domain="").delete()
        return super().delete(*args, **kwargs)
