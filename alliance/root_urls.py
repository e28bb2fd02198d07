"""URLs without a language prefix."""

from django.urls import path

from alliance import views

urlpatterns = [
    path(".well-known/security.txt", views.security_txt, name="security-txt"),
    path("styleguide/", views.styleguide, name="styleguide"),
]
