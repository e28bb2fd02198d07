from django.urls import path

from events import views

app_name = "events"
urlpatterns = [
    path("", views.event_list, name="list"),
    path("feed.xml", views.atom_feed, name="atom-feed"),
    path("feed.json", views.json_feed, name="json-feed"),
    path("calendar.ics", views.calendar, name="calendar"),
    path("<slug:slug>/", views.event_detail, name="detail"),
    path("<slug:slug>.ics", views.event_calendar, name="event-calendar"),
]
