from django.urls import path
from django.utils.translation import gettext_lazy as _

from feedback import views

app_name = "feedback"
urlpatterns = [
    path(_("feedback/"), views.form, name="form"),
    path(_("feedback/sent/"), views.sent, name="sent"),
]
