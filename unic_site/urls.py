"""URLs of the site. URLs of pages for visitors begin with a language code."""

from django.conf.urls.i18n import i18n_patterns
from django.contrib import admin
from django.urls import include, path
from django.utils.translation import gettext_lazy as _

urlpatterns = [
    # Before the admin, which has a catch-all pattern: URLs of pictures begin with /admin/ too.
    path("", include("pictures.urls")),
    path("admin/", admin.site.urls),
    # Language choice of the admin.
    path("admin-language/", include("django.conf.urls.i18n")),
    path("", include("health.urls")),
    path("", include("pages.root_urls")),
    path("", include("consent.root_urls")),
    path("", include("editorial.urls")),
    path("", include("alliance.root_urls")),
    path("", include("social.urls")),
    *i18n_patterns(
        path("", include("alliance.urls")),
        path(_("search/"), include("search.urls")),
        path(_("partners/"), include("partners.urls")),
        path(_("opportunities/"), include("opportunities.urls")),
        path(_("events/"), include("events.urls")),
        path(_("news/"), include("news.urls")),
        path(_("cookies/"), include("consent.urls")),
        path(_("accessibility/"), include("feedback.urls")),
        # Last, because it has a catch-all pattern for text pages.
        path("", include("pages.urls")),
    ),
]

handler400 = "health.errors.bad_request"
handler403 = "health.errors.permission_denied"
handler404 = "health.errors.page_not_found"
handler500 = "health.errors.server_error"
