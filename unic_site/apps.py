"""The admin of this project, with its own site class."""

from django.contrib.admin.apps import AdminConfig


class StaffAdminConfig(AdminConfig):
    default_site = "editorial.admin_site.StaffSite"
