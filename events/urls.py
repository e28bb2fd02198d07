from django.urls import path

from events import views
from opendata.feeds import AtomFeed, JSONFeed

app_name = "events"
urlpatterns = [
    path("", views.event_list, name="list"),
    path("feed.xml", views.feed, {"feed_type": AtomFeed}, name="atom-feed"),
    path("feed.json", views.feed, {"feed_type": JSONFeed}, name="json-feed"),
    path("calendar.ics", views.calendar, name="calendar"),
    path("<slug:slug>/", views.event_detail, name="detail"),
    path("<slug:slug>/event.ics", views.event_calendar, name="event-calendar"),
]
