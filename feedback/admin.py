from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from editorial.admin import ContentAdmin
from feedback.models import FeedbackPage, Message


@admin.register(FeedbackPage)
class FeedbackPageAdmin(ContentAdmin):
    list_display = ["title", "recipient", "updated_at"]
    list_filter = []
    search_fields = ["title", "introduction", "confirmation"]
    fieldsets = [(None, {"fields": ["title", "description", "introduction", "confirmation", "recipient"]})]

    def has_add_permission(self, request):
        return super().has_add_permission(request) and not FeedbackPage.objects.exists()

    def has_delete_permission(self, request, obj=None):
        return False


@admin.register(Message)
class MessageAdmin(admin.ModelAdmin):
    """What visitors wrote stays as it is; staff say that it is answered, and how."""

    list_display = ["__str__", "received_at", "page", "state", "is_mailed"]
    list_filter = ["state", ("mailed_at", admin.EmptyFieldListFilter), "received_at"]
    search_fields = ["text", "page", "email", "note"]
    date_hierarchy = "received_at"
    list_per_page = 50
    fieldsets = [
        (None, {"fields": ["text", "page", "email", "answer_form", "language", "received_at", "mailed_at"]}),
        (_("Answer"), {"fields": ["state", "answered_at", "note"]}),
    ]
    readonly_fields = [
        "text",
        "page",
        "email",
        "answer_form",
        "language",
        "received_at",
        "mailed_at",
        "answered_at",
    ]

    @admin.display(description=_("mailed"), boolean=True)
    def is_mailed(self, message):
        return message.mailed_at is not None

    def has_add_permission(self, request):
        return False
