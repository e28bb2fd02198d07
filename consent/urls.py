from django.urls import include, path
from django.utils.translation import gettext_lazy as _

from consent import views

app_name = "consent"
urlpatterns = [
    path(_("decide/"), views.decide, name="decide"),
    path(_("settings/"), views.settings_view, name="settings"),
    path(
        _("receipt/"),
        include(
            [
                path("", views.receipt, name="receipt"),
                # Decisions under one receipt number, the first is 1.
                path("<int:position>/", views.receipt, name="receipt"),
                path("<int:position>.json", views.receipt_json, name="receipt_json"),
            ]
        ),
    ),
    path(_("receipt.json"), views.receipt_json, name="receipt_json"),
    path(_("seals/"), views.seals, name="seals"),
    path(_("seals/<int:number>.txt"), views.seal_text, name="seal"),
]
