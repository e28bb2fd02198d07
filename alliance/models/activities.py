"""Work of the alliance: deliverables, initiatives and tasks."""

from typing import ClassVar

from django.db import models
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from alliance.models.alliance import Alliance
from editorial.fields import RichTextField
from editorial.models import ContentQuerySet, OrderedContent, SluggableContent, SluggableQuerySet
from partners.models import PartnerUniversity, long_texts_of
from pictures.models import cover_field


class Activity(SluggableContent):
    """Abstract base of deliverables and initiatives, which have a page each."""

    title = models.CharField(
        _("title"),
        max_length=150,
        help_text=_("A few words. They are the heading of its page and the text of links to it."),
    )
    summary = models.CharField(
        _("summary"), max_length=300, help_text=_("One or two sentences, for lists and search engines.")
    )
    body = RichTextField(_("text"))
    cover = cover_field()

    class Meta(SluggableContent.Meta):
        abstract = True

    def __str__(self):
        return self.title

    @property
    def meta_description(self) -> str:
        return self.summary


class Deliverable(Activity):
    """A key deliverable of the alliance."""

    content_section = "deliverables"

    class Meta(Activity.Meta):
        verbose_name = _("deliverable")
        verbose_name_plural = _("deliverables")

    def get_absolute_url(self):
        return reverse("alliance:deliverable", args=[self.slug])


class InitiativeQuerySet(SluggableQuerySet):
    def with_parts(self):
        """Initiatives with their published parts in `published_parts`."""
        parts = models.Prefetch("parts", InitiativePart.objects.published(), to_attr="published_parts")
        return self.prefetch_related(parts)


InitiativeManager = models.Manager.from_queryset(InitiativeQuerySet)


class Initiative(Activity):  # type: ignore[django-manager-missing]  # parts, by modeltranslation
    """An initiative that transforms the universities, such as an inter-university campus."""

    content_section = "initiatives"

    # Set by `with_parts`.
    published_parts: list["InitiativePart"]

    objects: ClassVar[InitiativeManager] = InitiativeManager()

    class Meta(Activity.Meta):
        verbose_name = _("initiative")
        verbose_name_plural = _("initiatives")

    def get_absolute_url(self):
        return reverse("alliance:initiative", args=[self.slug])


class InitiativePart(OrderedContent):
    """A part of an initiative. The inter-university campus, for example, has four."""

    content_section = "initiative_parts"
    parent_fields = ("initiative",)

    initiative = models.ForeignKey(Initiative, models.CASCADE, related_name="parts", verbose_name=_("initiative"))
    title = models.CharField(_("title"), max_length=150)
    body = RichTextField(_("text"), blank=True)

    class Meta(OrderedContent.Meta):
        verbose_name = _("part of an initiative")
        verbose_name_plural = _("parts of an initiative")

    def __str__(self):
        return self.title

    def key_source(self):
        return f"{self.initiative.key} {super().key_source()}"


class TaskQuerySet(ContentQuerySet):
    def of_host(self):
        """The tasks of the host university."""
        return self.filter(partner__in=Alliance.objects.values("host"))

    def with_partner(self):
        """Tasks with their university, without its long texts."""
        return self.select_related("partner").defer(*long_texts_of("partner"))

    def with_initiatives(self):
        """Tasks with their published initiatives in `published_initiatives`."""
        initiatives = Initiative.objects.published().only("title", "slug", "order")
        return self.prefetch_related(models.Prefetch("initiatives", initiatives, to_attr="published_initiatives"))


TaskManager = models.Manager.from_queryset(TaskQuerySet)


class Task(OrderedContent):
    """A task of one partner university in the alliance."""

    content_section = "tasks"

    partner = models.ForeignKey(
        PartnerUniversity, models.PROTECT, related_name="tasks", verbose_name=_("partner university")
    )
    title = models.CharField(_("title"), max_length=150)
    body = RichTextField(_("text"))
    initiatives = models.ManyToManyField(
        Initiative,
        blank=True,
        related_name="tasks",
        verbose_name=_("initiatives"),
        help_text=_("The initiatives that this task contributes to. Visitors see links to them below the task."),
    )

    # Set by `with_initiatives`.
    published_initiatives: list[Initiative]

    objects: ClassVar[TaskManager] = TaskManager()
    # Types `PartnerUniversity.tasks`; django-modeltranslation hides the class of the manager from mypy.
    _default_manager: ClassVar[TaskManager]

    class Meta(OrderedContent.Meta):
        verbose_name = _("task")
        verbose_name_plural = _("tasks")

    def __str__(self):
        return self.title

    def key_source(self):
        return f"{self.partner.key} {super().key_source()}"

    def get_absolute_url(self):
        return f"{self.partner.get_absolute_url()}#{self.key}"
