"""Addresses without a language."""

from django.contrib.sitemaps.views import sitemap
from django.urls import path
from django.views.decorators.http import require_safe

from alliance import views
from alliance.sitemaps import SITEMAPS
from delivery.decorators import stored

urlpatterns = [
    path("sitemap.xml", stored()(require_safe(sitemap)), {"sitemaps": SITEMAPS}, name="sitemap-xml"),
    path("styleguide/", views.styleguide, name="styleguide"),
]
