from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from editorial.admin import CountedMixin, SingletonContentAdmin
from editorial.admin.conflicts import ConflictMixin
from feedback.models import FeedbackPage, Message


@admin.register(FeedbackPage)
class FeedbackPageAdmin(SingletonContentAdmin):
    list_display = ["title", "recipient", "updated_at"]
    search_fields = ["title", "introduction", "confirmation"]
    fieldsets = [(None, {"fields": ["title", "description", "introduction", "confirmation", "recipient"]})]


@admin.register(Message)
class MessageAdmin(ConflictMixin, CountedMixin, admin.ModelAdmin):
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
