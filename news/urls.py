from django.urls import path

from news import views

app_name = "news"
urlpatterns = [
    path("", views.news_list, name="list"),
    path("feed.xml", views.atom_feed, name="atom-feed"),
    path("feed.json", views.json_feed, name="json-feed"),
    path("<slug:slug>/", views.news_detail, name="detail"),
]
