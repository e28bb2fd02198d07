from django.apps import AppConfig


class OperationsConfig(AppConfig):
    """Commands for whoever operates an installation: backup and restore. It has no models."""

    name = "operations"
