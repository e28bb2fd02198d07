"""What every edited thing shares: a name for the content files, publication, and the memory of what was loaded."""

import logging
from itertools import chain, count

from django.conf import settings
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.contenttypes.fields import GenericForeignKey
from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.db import models, transaction
from django.db.models import Q
from django.http import Http404
from django.utils import timezone, translation
from django.utils.functional import cached_property
from django.utils.text import slugify
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from editorial.alphabet import fold
from editorial.texts import Words

log = logging.getLogger(__name__)

validate_key = RegexValidator(r"^[a-z0-9]+(-[a-z0-9]+)*\Z", _("Use small letters, digits and single hyphens."))


def address_form(text: str) -> str:
    """`text` as it may stand in an address: "Uniwersytet Łódzki" → "uniwersytet-lodzki"."""
    return slugify(fold(text))


def first_free(stem: str, taken) -> str:
    """`stem`, or the first of `stem-2`, `stem-3` … that is not in `taken`."""
    taken = set(taken)
    return next(name for name in chain([stem], (f"{stem}-{n}" for n in count(2))) if name not in taken)


def is_filled(column: str) -> Q:
    return Q(**{f"{column}__isnull": False}) & ~Q(**{column: ""})


class ContentQuerySet(models.QuerySet):
    def get_by_natural_key(self, key: str):
        return self.get(key=key)

    def published(self):
        """Only what visitors may see."""
        return self.filter(is_published=True)

    def languages(self, *fields: str) -> set[str]:
        """The languages in which each of these has all that the source language has of `fields`, or of its body."""
        lacking = dict.fromkeys(settings.CONTENT_LANGUAGES, Q())
        for name in fields or self.model.body_fields:
            for code in lacking:
                lacking[code] |= is_filled(f"{name}_{settings.LANGUAGE_CODE}") & ~is_filled(f"{name}_{code}")
        counts = {code: models.Count("pk", filter=condition) for code, condition in lacking.items()}
        return {code for code, lack in self.order_by().aggregate(**counts).items() if not lack}


class Content(models.Model):
    """Something that staff edit and that the content files can carry.

    `content_section` names its table in content/<language>.toml; `key` names the one item in it, in every
    language and for good, so that a file can be loaded twice and moved to another site.
    """

    content_section: str
    # The field whose words name the item.
    heading_field = "title"
    # The fields that make up the body of its page.
    body_fields = ("body",)

    key = models.CharField(
        _("key"),
        max_length=100,
        unique=True,
        editable=False,
        validators=[validate_key],
        help_text=_("The name of this item in the content files."),
    )
    is_published = models.BooleanField(
        _("shown on the site"),
        default=True,
        help_text=_("Untick to keep this away from visitors while you work on it. Nothing is deleted."),
    )
    updated_at = models.DateTimeField(_("last change"), auto_now=True)

    objects = ContentQuerySet.as_manager()

    class Meta:
        abstract = True
        default_permissions = ("add", "change", "delete", "view", "publish", "translate")

    def save(self, *args, **kwargs):
        if not self.key:
            self.key = self._free_key()
            if (fields := kwargs.get("update_fields")) is not None:
                kwargs["update_fields"] = {*fields, "key"}
        super().save(*args, **kwargs)

    @cached_property
    def words(self) -> Words:
        """The translated fields as pages show them."""
        return Words(self)

    def languages(self) -> set[str]:
        """The languages that have all that the source language has of the body."""
        source = [name for name in self.body_fields if getattr(self, f"{name}_{settings.LANGUAGE_CODE}")]
        return {code for code in settings.CONTENT_LANGUAGES if all(getattr(self, f"{name}_{code}") for name in source)}

    def natural_key(self) -> tuple[str]:
        return (self.key,)

    def key_source(self) -> str:
        """The text that a new item's key is made from: its heading in the source language."""
        return getattr(self, f"{self.heading_field}_{settings.LANGUAGE_CODE}") or ""

    def _free_key(self) -> str:
        stem = address_form(self.key_source())[:80].strip("-") or self._meta.model_name
        return first_free(stem, type(self).objects.filter(key__startswith=stem).values_list("key", flat=True))


class OrderedContent(Content):
    """Content that stands in an order which staff choose by number."""

    order = models.PositiveSmallIntegerField(
        _("order"), default=0, help_text=_("Smaller numbers come first; equal numbers go by age.")
    )

    class Meta(Content.Meta):
        abstract = True
        ordering = ("order", "pk")


def require_words_for(item: Content, *pictures: str):
    """Raise ValidationError where one of `item`'s pictures has no description in the source language."""
    for picture in pictures:
        words = f"{picture}_alt_{settings.LANGUAGE_CODE}"
        if getattr(item, picture) and not getattr(item, words):
            raise ValidationError({words: _("Describe the picture in words, for those who do not see it.")})


class ScheduledChangeQuerySet(models.QuerySet):
    def carry_out(self) -> int:
        """Show and hide what is due, the earliest first; returns how many changes that were.

        Several processes may do it at once: whichever takes a change off the list makes it, in one transaction.
        """
        count = 0
        for change in self.filter(at__lte=timezone.now()).order_by("at", "pk"):
            with transaction.atomic():
                if self.filter(pk=change.pk).delete()[0]:
                    change.make()
                    count += 1
        return count


class ScheduledChange(models.Model):
    """That an item is to be shown to visitors, or kept from them, from a moment on. It is gone once that is done."""

    content_type = models.ForeignKey(ContentType, models.CASCADE, editable=False)
    object_id = models.PositiveBigIntegerField(editable=False)
    item = GenericForeignKey()
    is_published = models.BooleanField(
        _("what happens"), default=True, choices=[(True, _("Show on the site")), (False, _("Take off the site"))]
    )
    at = models.DateTimeField(
        _("from when"), db_index=True, help_text=_("In the time of the site. It happens by itself, within a minute.")
    )

    planned_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, editable=False)

    objects = ScheduledChangeQuerySet.as_manager()

    class Meta:
        verbose_name = _("scheduled change")
        verbose_name_plural = _("scheduled changes")
        # Whoever may publish an item may schedule it.
        default_permissions = ()
        ordering = ("at", "pk")
        indexes = [models.Index(fields=["content_type", "object_id"], name="scheduled_of_item")]

    def __str__(self):
        return f"{self.get_is_published_display()}: {timezone.localtime(self.at):%Y-%m-%d %H:%M}"

    def make(self):
        shown = {"is_published": self.is_published, "updated_at": timezone.now()}
        self.content_type.model_class()._base_manager.filter(pk=self.object_id).update(**shown)
        log.info(
            "%s, as scheduled: %s %s", "Shown" if self.is_published else "Hidden", self.content_type, self.object_id
        )
        if self.item and self.planned_by_id:
            self.tell_history()

    def tell_history(self):
        """Write into the history of the item what was done, in the name of who planned it."""
        # As Django's admin keeps it: in the words of the program, which whoever reads it has in their language.
        with translation.override(None):
            named = {"name": str(self._meta.verbose_name), "object": f"{timezone.localtime(self.at):%Y-%m-%d %H:%M}"}
            fields = [str(self.item._meta.get_field("is_published").verbose_name)]
        told = [{"changed": {**named, "fields": fields}}]
        LogEntry.objects.log_actions(self.planned_by_id, [self.item], CHANGE, change_message=told, single_object=True)


class PastAddress(models.Model):
    """An address that one item had in one language before; database triggers write it when the address changes, and
    when an item that visitors could read is deleted.

    It names the item by section and key, so that one which was deleted and brought back is found again. Whatever has
    the address now goes first, so it is never in anybody's way.
    """

    section = models.CharField(max_length=60)
    language = models.CharField(max_length=20)
    slug = models.CharField(max_length=100)
    key = models.CharField(max_length=100)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["section", "language", "slug"], name="past_address_of_one")]
        default_permissions = ()

    def __str__(self):
        return f"{self.language} {self.section} {self.slug} → {self.key}"


class Gone(Http404):
    """What had the address was deleted."""

    status = 410


class AddressedQuerySet(ContentQuerySet):
    def at(self, slug: str):
        """What answers to `slug` first. Raises Http404, or Gone, where nothing does."""
        found = self.with_slug(slug).first()
        if found is None:
            raise self.absence(slug)
        return found

    def absence(self, slug: str) -> Http404:
        """What to raise where nothing answers to `slug`."""
        past = PastAddress.objects.filter(section=self.model.content_section, slug=slug)
        was_deleted = past.exclude(key__in=self.model.objects.values("key")).exists()
        return Gone(slug) if was_deleted else Http404(slug)

    def with_slug(self, slug: str):
        """What answers to `slug`: what has this address in the active language first, then what had it there before,
        then what has it in another language, then what had it in another.

        A view that finds something under another address than its own redirects to that.
        """
        language = get_language() or settings.LANGUAGE_CODE
        past = PastAddress.objects.filter(section=self.model.content_section, slug=slug)
        # Where a language has no address of its own, that of the source language is in use.
        own, source = f"slug_{language}", f"slug_{settings.LANGUAGE_CODE}"
        in_active = Q(**{own: slug}) | Q(**{source: slug}) & (Q(**{own: None}) | Q(**{own: ""}))
        in_any = Q()
        for code in settings.CONTENT_LANGUAGES:
            in_any |= Q(**{f"slug_{code}": slug})
        ways = (in_active, Q(key__in=past.filter(language=language).values("key")), in_any)
        rank = models.Case(*(models.When(way, then=place) for place, way in enumerate(ways)), default=len(ways))
        return self.filter(in_any | Q(key__in=past.values("key"))).order_by(rank, "pk")


class AddressedContent(OrderedContent):
    """Content with a page of its own, at an address that each language has in its own words."""

    slug = models.SlugField(
        _("address"),
        max_length=100,
        unique=True,
        null=True,
        blank=True,
        help_text=_(
            "The last part of the page's address in this language: letters without accents, digits, hyphens. "
            "Left empty, it is made from the heading."
        ),
    )

    objects = AddressedQuerySet.as_manager()

    class Meta(OrderedContent.Meta):
        abstract = True

    def save(self, *args, **kwargs):
        if kwargs.get("update_fields") is None:
            self.fill_slugs()
        super().save(*args, **kwargs)

    def fill_slugs(self):
        """Make an address from the heading in each language that has a heading and no address."""
        for code in settings.CONTENT_LANGUAGES:
            field = f"slug_{code}"
            heading = getattr(self, f"{self.heading_field}_{code}")
            if heading and not getattr(self, field):
                # Of a heading in another script nothing is left.
                in_source = getattr(self, f"slug_{settings.LANGUAGE_CODE}")
                stem = address_form(heading)[:90].strip("-") or in_source or self._meta.model_name
                others = type(self).objects.exclude(pk=self.pk).filter(**{f"{field}__startswith": stem})
                setattr(self, field, first_free(stem, others.values_list(field, flat=True)))


class LoadedContent(models.Model):
    """What `load_content` last wrote for one item of the content files.

    It outlives the item, so that something an editor deleted does not come back at the next start.
    `digests` maps a field to two SHA-256 digests in hex: of the value in the file, and of the value as stored.
    A stored value that no longer has its digest was changed by an editor, and is left alone.
    """

    section = models.CharField(max_length=60)
    key = models.CharField(max_length=100)
    digests = models.JSONField(default=dict)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["section", "key"], name="loaded_content_once")]
        default_permissions = ()

    def __str__(self):
        return f"{self.section}.{self.key}"
