from django.apps import AppConfig


class OperationsConfig(AppConfig):
    """Commands for operators: prepare, backup and restore. The app has no models."""

    name = "operations"

    def ready(self):
        # Registers the check.
        from operations import checks  # noqa: F401
