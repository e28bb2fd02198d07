"""Addresses without a language."""

from django.urls import path

from alliance import views

urlpatterns = [
    path("sitemap.xml", views.sitemap_xml, name="sitemap-xml"),
    path("sitemap-<slug:section>.xml", views.sitemap_part, name="sitemap-part"),
    path("styleguide/", views.styleguide, name="styleguide"),
]
