from django.urls import path

from opportunities import views

app_name = "opportunities"
urlpatterns = [
    path("", views.opportunity_list, name="list"),
    path("feed.xml", views.atom_feed, name="atom-feed"),
    path("feed.json", views.json_feed, name="json-feed"),
    path("<slug:slug>/", views.opportunity_detail, name="detail"),
    path("<slug:slug>/deadline.ics", views.opportunity_deadline, name="deadline"),
]
