from django.urls import path

from news import views
from opendata.feeds import AtomFeed, JSONFeed

app_name = "news"
urlpatterns = [
    path("", views.news_list, name="list"),
    path("feed.xml", views.feed, {"feed_type": AtomFeed}, name="atom-feed"),
    path("feed.json", views.feed, {"feed_type": JSONFeed}, name="json-feed"),
    path("<slug:slug>/", views.news_detail, name="detail"),
]
