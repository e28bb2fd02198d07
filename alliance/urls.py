from django.urls import path
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from alliance import views

app_name = "alliance"
urlpatterns = [
    path("", views.home, name="home"),
    path(_("alliance/"), views.about, name="about"),
    path(_("vision/"), views.vision, name="vision"),
    path(_("deliverables/"), views.deliverable_list, name="deliverables"),
    path(_("deliverables/<slug:slug>/"), views.deliverable_detail, name="deliverable"),
    path(_("transformation/"), views.initiative_list, name="initiatives"),
    path(_("transformation/<slug:slug>/"), views.initiative_detail, name="initiative"),
    path(_("tasks/"), views.task_list, name="tasks"),
    path(_("timeline/"), views.milestone_list, name="milestones"),
    path(format_lazy("{}feed.xml", _("timeline/")), views.milestone_feed, name="milestone-feed"),
    path(_("contact/"), views.contact_list, name="contacts"),
    path(_("projects/"), views.project_list, name="projects"),
    path(_("projects/<slug:slug>/"), views.project_detail, name="project"),
    path(_("lines/"), views.line_list, name="lines"),
    path(_("lines/<slug:slug>/"), views.line_detail, name="line"),
    path(_("sitemap/"), views.overview, name="sitemap"),
]
