"""Contacts: offices and pages that answer questions about the alliance."""

from typing import ClassVar, Self

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from editorial.models import ContentQuerySet, OrderedContent
from partners.models import PartnerUniversity, long_texts_of
from topics.models import Sourced, Topic


class ContactQuerySet(ContentQuerySet):
    def with_topics(self) -> Self:
        """Contacts with their university, and with their published topics in `published_topics`."""
        topics = models.Prefetch("topics", Topic.objects.published(), to_attr="published_topics")
        return self.select_related("partner").defer(*long_texts_of("partner")).prefetch_related(topics)

    def matching(self, member: PartnerUniversity | None = None, topic: Topic | None = None) -> Self:
        """Contacts for a university and a topic. None does not filter.

        Contacts of the whole alliance match every university.
        """
        queryset = self
        if member:
            queryset = queryset.filter(Q(partner=member) | Q(partner=None))
        if topic:
            queryset = queryset.filter(topics=topic)
        return queryset


ContactManager = models.Manager.from_queryset(ContactQuerySet)


class Contact(Sourced, OrderedContent):
    """An office, address or page that answers questions about one subject. It is never a private person."""

    content_section = "contacts"
    shown_on = "alliance:contacts"
    heading_field = "name"
    body_fields = ("name", "purpose")

    name = models.CharField(
        _("name"), max_length=150, help_text=_("The office, board or page. Never the name of a person.")
    )
    purpose = models.CharField(
        _("purpose"), max_length=300, help_text=_("What to ask there, and for whom it is. One or two sentences.")
    )
    email = models.EmailField(
        _("e-mail address"), blank=True, help_text=_("The address of an office, not of a person.")
    )
    url = models.URLField(_("web page"), max_length=500, blank=True, help_text=_("The page that answers questions."))
    partner = models.ForeignKey(
        PartnerUniversity,
        models.CASCADE,
        null=True,
        blank=True,
        related_name="contacts",
        verbose_name=_("partner university"),
        help_text=_("Empty if it is there for the whole alliance."),
    )
    topics = models.ManyToManyField(Topic, blank=True, related_name="+", verbose_name=_("topics"))

    # Set by `with_topics`.
    published_topics: list[Topic]

    objects: ClassVar[ContactManager] = ContactManager()
    # Types `PartnerUniversity.contacts`; django-modeltranslation hides the class of the manager from mypy.
    _default_manager: ClassVar[ContactManager]

    class Meta(OrderedContent.Meta):
        verbose_name = _("contact")
        verbose_name_plural = _("contacts")
        constraints = [
            models.CheckConstraint(
                condition=~Q(email="") | ~Q(url=""),
                name="contact_can_be_reached",
                violation_error_message=_("Give an e-mail address or a web page."),
            )
        ]

    def __str__(self):
        return self.name
