from django.urls import path
from django.utils.translation import gettext_lazy as _

from consent import views

app_name = "consent"
urlpatterns = [
    path(_("decide/"), views.decide, name="decide"),
    path(_("settings/"), views.settings_view, name="settings"),
    path(_("receipt/"), views.receipt, name="receipt"),
    path(_("receipt.json"), views.receipt_json, name="receipt_json"),
    path(_("seals/"), views.seals, name="seals"),
    path(_("seals/<int:number>.txt"), views.seal_text, name="seal"),
]
