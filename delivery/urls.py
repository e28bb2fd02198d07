from django.urls import path

from delivery import views

urlpatterns = [
    path("healthz", views.healthz, name="healthz"),
    path("readyz", views.readyz, name="readyz"),
    path("media/", views.upload, {"path": ""}),
    path("media/<path:path>", views.upload, name="upload"),
]
