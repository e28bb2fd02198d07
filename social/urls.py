"""URLs without a language prefix."""

from django.urls import path

from social import views

urlpatterns = [
    path("favicon.ico", views.favicon, name="favicon"),
    path("share/<str:language>/<slug:kind>/<slug:key>.<slug:digest>.png", views.share_card, name="share-card"),
    path("share/<str:language>/manifest.webmanifest", views.manifest, name="manifest"),
]
