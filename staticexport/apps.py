from django.apps import AppConfig


class StaticExportConfig(AppConfig):
    name = "staticexport"
