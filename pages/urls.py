from django.urls import path
from django.utils.translation import gettext_lazy as _

from pages import views

app_name = "pages"
urlpatterns = [
    path(_("privacy-policy/<int:number>/"), views.policy_version, name="policy-version"),
    path("<slug:slug>/", views.text, name="text"),
]
