"""Entry points on the home page for groups of readers."""

from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from alliance.models.activities import Deliverable, Initiative
from editorial.models import Content, ContentQuerySet, OrderedContent
from pages.models import Page


class EntryPointQuerySet(ContentQuerySet):
    def with_links(self):
        """Entry points with the published content that they link to."""
        linked = [
            ("deliverables", Deliverable.objects.published().defer("body")),
            ("initiatives", Initiative.objects.published().defer("body")),
            ("pages", Page.objects.published().defer("body")),
        ]
        return self.prefetch_related(
            *(models.Prefetch(name, queryset, to_attr=f"published_{name}") for name, queryset in linked)
        )


EntryPointManager = models.Manager.from_queryset(EntryPointQuerySet)


class EntryPoint(OrderedContent):
    """An entry point for one audience, such as students, staff or citizens, with links to pages."""

    content_section = "entry_points"
    shown_on = "alliance:home"
    heading_field = "audience"

    audience = models.CharField(_("audience"), max_length=80, help_text=_("Such as: For students."))
    text = models.CharField(
        _("summary"), max_length=200, help_text=_("A sentence or two, above the links on the home page.")
    )
    deliverables = models.ManyToManyField(
        Deliverable,
        blank=True,
        related_name="+",
        verbose_name=_("deliverables"),
        help_text=_("The pages that this entry links to."),
    )
    initiatives = models.ManyToManyField(
        Initiative,
        blank=True,
        related_name="+",
        verbose_name=_("initiatives"),
        help_text=_("The pages that this entry links to."),
    )
    pages = models.ManyToManyField(
        Page, blank=True, related_name="+", verbose_name=_("pages"), help_text=_("The pages that this entry links to.")
    )

    # Set by `with_links`.
    published_deliverables: list[Deliverable]
    published_initiatives: list[Initiative]
    published_pages: list[Page]

    objects: ClassVar[EntryPointManager] = EntryPointManager()

    class Meta(OrderedContent.Meta):
        verbose_name = _("entry point")
        verbose_name_plural = _("entry points")

    def __str__(self):
        return self.audience

    @property
    def links(self) -> list[Content]:
        """The published pages, deliverables and initiatives that it links to. Needs `with_links`."""
        return [*self.published_pages, *self.published_deliverables, *self.published_initiatives]
