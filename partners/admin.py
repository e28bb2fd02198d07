from django.contrib import admin
from django.utils.translation import gettext_lazy as _
from django_countries import countries
from django_countries.filters import CountryFilter

from editorial.admin import ContentAdmin, PermissionsMixin, thumbnail
from editorial.forms import EditForm
from editorial.formsets import EditInlineFormSet
from partners.models import PartnerOwnName, PartnerUniversity
from pictures.admin import CoverMixin


class OwnNameInline(PermissionsMixin, admin.StackedInline):
    model = PartnerOwnName
    form = EditForm
    formset = EditInlineFormSet
    fields = [("language", "name"), ("order", "is_published")]
    extra = 0


@admin.register(PartnerUniversity)
class PartnerUniversityAdmin(CoverMixin, ContentAdmin):
    inlines = [OwnNameInline]
    list_display = ["name", "city", "country_name", "role", "logo_thumbnail", "order", "is_published"]
    list_editable = ["order"]
    list_filter = ["role", "is_published", ("country", CountryFilter)]
    search_fields = ["name", "short_name", "city", "city_local", "own_names__name"]
    fieldsets = [
        (None, {"fields": ["name", "short_name", "slug", "summary", "description", "cover"]}),
        (_("In the alliance"), {"fields": ["role", "joined", "left", "contact", "alliance_role"]}),
        (
            _("The city"),
            {
                "fields": [
                    "city",
                    ("city_local", "city_local_language"),
                    "country",
                    "city_past",
                    "city_story",
                    ("city_source", "city_source_language"),
                    "city_source_url",
                ]
            },
        ),
        (_("Place on the map"), {"fields": ["latitude", "longitude", "map"]}),
        (
            _("The university"),
            {
                "fields": [
                    "founded",
                    "website",
                    ("students", "students_year"),
                    "students_source",
                    "students_source_url",
                    "logo",
                    "logo_alt",
                ]
            },
        ),
        (_("In registers"), {"fields": ["ror", "wikidata", "erasmus_code", "domain"]}),
        (_("On this site"), {"fields": ["order", "is_published"]}),
    ]
    logo_thumbnail = thumbnail("logo", _("logo"))

    @admin.display(description=_("country"), ordering="country")
    def country_name(self, partner: PartnerUniversity) -> str:
        # For a field with choices, the admin searches all countries of the world for each row.
        return countries.name(str(partner.country))

    def has_delete_permission(self, request, obj=None):
        if obj is not None and obj.is_coordinator:
            return False
        return super().has_delete_permission(request, obj)

    def get_deleted_objects(self, objs, request):
        deletable, counts, missing_rights, protected = super().get_deleted_objects(objs, request)
        protected += [str(partner) for partner in objs if partner.is_coordinator]
        return deletable, counts, missing_rights, protected
