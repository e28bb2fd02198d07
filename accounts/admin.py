"""Admin of staff accounts and their groups."""

from django.contrib import admin
from django.contrib.auth.admin import GroupAdmin, UserAdmin
from django.contrib.auth.forms import UserChangeForm
from django.contrib.auth.models import Group, User
from django.db import models
from django.forms import CheckboxSelectMultiple
from django.utils.translation import gettext_lazy as _

from editorial.admin.changelists import CountedMixin
from editorial.admin.choices import ChoicesMixin, LimitedChoicesFilter
from editorial.admin.conflicts import ConflictMixin
from editorial.admin.folded_search import FoldedSearchMixin
from editorial.forms import EditForm

admin.site.unregister([Group, User])


class StaffForm(EditForm, UserChangeForm):
    pass


@admin.register(User)
class StaffAdmin(ConflictMixin, FoldedSearchMixin, ChoicesMixin, CountedMixin, UserAdmin):
    """Admin of staff accounts. The permissions of an account come from its groups alone."""

    form = StaffForm
    list_display = ["username", "email", "first_name", "last_name", "is_active", "is_superuser"]
    list_filter = ["is_active", "is_superuser", ("groups", LimitedChoicesFilter)]
    search_fields = [*UserAdmin.search_fields, "groups__name"]
    filter_horizontal = []
    readonly_fields = ["last_login", "date_joined"]
    formfield_overrides = {models.ManyToManyField: {"widget": CheckboxSelectMultiple}}
    fieldsets = [
        (None, {"fields": ["username", "password"]}),
        (_("Personal info"), {"fields": ["first_name", "last_name", "email"]}),
        (_("Permissions"), {"fields": ["is_active", "is_staff", "is_superuser", "groups"]}),
        (_("Important dates"), {"fields": ["last_login", "date_joined"]}),
    ]


@admin.register(Group)
class StaffGroupAdmin(CountedMixin, GroupAdmin):
    # Check boxes, because Django's list with a filter fails accessibility checks.
    filter_horizontal = []
    formfield_overrides = {models.ManyToManyField: {"widget": CheckboxSelectMultiple}}
