"""URLs without a language prefix."""

from django.urls import path

from editorial import views

urlpatterns = [
    path("preview/", views.preview, name="preview"),
]
