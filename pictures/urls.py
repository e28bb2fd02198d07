from django.urls import path

from pictures import views

urlpatterns = [
    path("media/", views.public_file, {"name": ""}),
    path("media/<path:name>", views.public_file, name="public_file"),
    path("admin/files/<path:name>", views.staff_file, name="staff_file"),
]
