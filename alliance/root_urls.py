"""URLs without a language prefix."""

from django.urls import path

from alliance import views

urlpatterns = [
    path("styleguide/", views.styleguide, name="styleguide"),
]
