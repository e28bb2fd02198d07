"""URLs without a language prefix."""

from django.urls import path

from pages import views

urlpatterns = [
    path("", views.root, name="root"),
    path("robots.txt", views.robots, name="robots"),
    path("sitemap.xml", views.sitemap_xml, name="sitemap-xml"),
    path("sitemap-<slug:section>.xml", views.sitemap_section, name="sitemap-section"),
]
