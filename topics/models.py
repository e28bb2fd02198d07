"""Topics, audiences, and the bases of content with a source or with topics, such as news, events and projects."""

from typing import Any, ClassVar, Self

from django.db import models
from django.utils.translation import gettext_lazy as _

from editorial.fields import RichTextField
from editorial.models import OrderedContent, SluggableContent, SluggableQuerySet
from editorial.phrases import validate_language_tag
from partners.models import PartnerUniversity
from pictures.models import cover_field

# Maximum number of related items on the page of an item.
MAX_RELATED = 6


class Topic(OrderedContent):
    """A subject that news, events and opportunities share, such as research or mobility."""

    content_section = "topics"
    heading_field = "name"
    body_fields = ("name",)

    name = models.CharField(_("name"), max_length=60, help_text=_("One to three words."))

    class Meta(OrderedContent.Meta):
        verbose_name = _("topic")
        verbose_name_plural = _("topics")

    def __str__(self):
        return self.name


class Audience(OrderedContent):
    """A group of people that events and opportunities are for, such as doctoral candidates."""

    content_section = "audiences"
    heading_field = "name"
    body_fields = ("name",)

    name = models.CharField(_("name"), max_length=60, help_text=_("In the plural, such as: doctoral candidates."))

    class Meta(OrderedContent.Meta):
        verbose_name = _("audience")
        verbose_name_plural = _("audiences")

    def __str__(self):
        return self.name


class AttendanceFormat(models.TextChoices):
    """The way in which people take part in an event or an opportunity."""

    ONSITE = "onsite", _("On site")
    ONLINE = "online", _("Online")
    HYBRID = "hybrid", _("On site and online")


class Sourced(models.Model):
    """Abstract base of content that names the page or document that its facts come from."""

    source = models.CharField(
        _("source"), max_length=200, blank=True, help_text=_("The title of the page or document that this comes from.")
    )
    source_language = models.CharField(
        _("language of the source"),
        max_length=20,
        blank=True,
        validators=[validate_language_tag],
        help_text=_("A code such as pl, nl or eu, if the source is not in the first language of this site."),
    )
    source_url = models.URLField(
        _("address of the source"), max_length=500, blank=True, help_text=_("Visitors see the source as a link.")
    )

    class Meta:
        abstract = True


class SourcedContentQuerySet(SluggableQuerySet):
    def matching(self, *, topic: Topic | None = None, member: PartnerUniversity | None = None, **values: Any) -> Self:
        """Items with `topic` that concern `member`, and with these values of other fields. None does not filter."""
        queryset = self.filter(topics=topic, **values) if topic else self.filter(**values)
        return queryset.of_member(member) if member else queryset

    def of_member(self, partner: PartnerUniversity) -> Self:
        """Items that concern the university, or the whole alliance."""
        # Subqueries of the links alone. With a join, SQLite may read all items in the order of an index.
        model: Any = self.model
        links, item = model.members.through._default_manager, model.members.field.m2m_field_name()
        named = links.filter(partneruniversity=partner).values(item)
        return self.filter(models.Q(pk__in=named) | ~models.Q(pk__in=links.values(item)))

    def with_topics(self) -> Self:
        """Items with their published topics and members in `published_topics` and `published_members`."""
        topics = models.Prefetch("topics", Topic.objects.published(), to_attr="published_topics")
        members = PartnerUniversity.objects.published().without_long_texts()
        return self.prefetch_related(topics, models.Prefetch("members", members, to_attr="published_members"))

    def related_to(self, item: Any) -> list[Any]:
        """The others of these items that share topics with `item`: those that share the most first, then the latest."""
        sharing = self.exclude(pk=item.pk).filter(topics__in=item.topics.filter(is_published=True))
        ranked = sharing.values_list("pk").annotate(models.Count("pk")).order_by("-pk__count", *item._meta.ordering)
        keys = [key for key, _number in ranked[:MAX_RELATED]]
        found = self.in_bulk(keys)
        return [found[key] for key in keys]


class AudienceContentQuerySet(SourcedContentQuerySet):
    """Content with audiences, such as events and opportunities."""

    def matching(self, *, audience: Audience | None = None, **filters: Any) -> Self:
        """Items for `audience` that match the other filters."""
        queryset = super().matching(**filters)
        return queryset.filter(audiences=audience) if audience else queryset

    def with_audiences(self) -> Self:
        """Items with their published audiences in `published_audiences`."""
        audiences = models.Prefetch("audiences", Audience.objects.published(), to_attr="published_audiences")
        return self.prefetch_related(audiences)


class SourcedContent(Sourced, SluggableContent):
    """Abstract base of content with a page, topics, members, and the source that its facts come from."""

    title = models.CharField(
        _("title"),
        max_length=150,
        help_text=_("A few words. They are the heading of its page and the text of links to it."),
    )
    summary = models.CharField(
        _("summary"), max_length=300, help_text=_("One or two sentences, for lists and search engines.")
    )
    body = RichTextField(_("text"), blank=True)
    cover = cover_field()
    topics = models.ManyToManyField(Topic, blank=True, verbose_name=_("topics"))
    members = models.ManyToManyField(
        PartnerUniversity,
        blank=True,
        verbose_name=_("universities"),
        help_text=_("The universities that it concerns. Choose none if it concerns the whole alliance."),
    )

    # Set by `with_topics`.
    published_topics: list[Topic]
    published_members: list[PartnerUniversity]

    # Subclasses narrow the type.
    objects: ClassVar[Any] = SourcedContentQuerySet.as_manager()

    class Meta(SluggableContent.Meta):
        abstract = True

    def __str__(self):
        return self.title

    @property
    def meta_description(self) -> str:
        return self.summary
