from django.urls import path

from opendata.feeds import AtomFeed, JSONFeed
from opportunities import views

app_name = "opportunities"
urlpatterns = [
    path("", views.opportunity_list, name="list"),
    path("feed.xml", views.feed, {"feed_type": AtomFeed}, name="atom-feed"),
    path("feed.json", views.feed, {"feed_type": JSONFeed}, name="json-feed"),
    path("<slug:slug>/", views.opportunity_detail, name="detail"),
    path("<slug:slug>/deadline.ics", views.opportunity_deadline, name="deadline"),
]
