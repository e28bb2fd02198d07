"""URLs without a language prefix."""

from django.urls import path

from consent import views

urlpatterns = [
    path(".well-known/gpc.json", views.gpc, name="gpc"),
]
