"""What is on record."""

from django.contrib import admin


class ReadOnlyAdmin(admin.ModelAdmin):
    """What is on record: everyone who may see it sees it as it is, and nobody changes it."""

    def has_add_permission(self, request):
        return False

    def has_change_permission(self, request, obj=None):
        return False

    def has_delete_permission(self, request, obj=None):
        return False
