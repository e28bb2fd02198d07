from django.contrib import admin
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from editorial.admin import CountedMixin, SingletonContentAdmin
from editorial.admin.conflicts import ConflictMixin
from editorial.admin.folded_search import FoldedSearchMixin
from feedback.models import REQUIRED_DETAILS, FeedbackPage, Message
from translations.status.models import model_field


@admin.register(FeedbackPage)
class FeedbackPageAdmin(SingletonContentAdmin):
    list_display = ["title", "recipient", "updated_at"]
    search_fields = ["title", "introduction", "confirmation"]
    fieldsets = [
        (None, {"fields": ["title", "description", "introduction", "confirmation", "recipient"]}),
        (
            _("Contact below the accessibility statement"),
            {
                "fields": ["details_to_add", *REQUIRED_DETAILS],
                "description": _(
                    "The accessibility law of many countries asks for these details. Visitors see nothing in the place "
                    "of an empty one."
                ),
            },
        ),
    ]
    readonly_fields = ["details_to_add"]

    @admin.display(description=_("details without a text"))
    def details_to_add(self, page: FeedbackPage) -> str:
        names = [str(model_field(FeedbackPage, name).verbose_name) for name in page.empty_details()]
        return ", ".join(names) or gettext("none")


@admin.register(Message)
class MessageAdmin(ConflictMixin, FoldedSearchMixin, CountedMixin, admin.ModelAdmin):
    """Staff can change the state and the note of a message, but not what the visitor wrote."""

    list_display = ["__str__", "received_at", "page", "state", "is_mailed"]
    list_filter = ["state", ("mailed_at", admin.EmptyFieldListFilter), "received_at"]
    search_fields = ["text", "page", "email", "note"]
    date_hierarchy = "received_at"
    list_per_page = 50
    fieldsets = [
        (None, {"fields": ["text", "page", "email", "answer_format", "language", "received_at", "mailed_at"]}),
        (_("Answer"), {"fields": ["state", "answered_at", "note"]}),
    ]
    readonly_fields = [
        "text",
        "page",
        "email",
        "answer_format",
        "language",
        "received_at",
        "mailed_at",
        "answered_at",
    ]

    @admin.display(description=_("sent by e-mail"), boolean=True)
    def is_mailed(self, message):
        return message.mailed_at is not None

    def has_add_permission(self, request):
        return False
