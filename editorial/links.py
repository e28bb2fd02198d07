"""Names of the rows of many-to-many fields, for the lists of objects that will be deleted."""

from django.apps import apps
from django.db import models
from django.utils.translation import gettext_lazy as _

from editorial.models import Content


def name_links() -> None:
    """Give the rows of many-to-many fields of content a name. Django's is "EntryPoint_deliverables object (2)"."""
    for model in apps.get_models(include_auto_created=True):
        if isinstance(model._meta.auto_created, type) and issubclass(model._meta.auto_created, Content):
            model._meta.verbose_name, model._meta.verbose_name_plural = _("link"), _("links")
            model.__str__ = linked_items


def linked_items(link: models.Model) -> str:
    ends = [field.name for field in link._meta.fields if field.many_to_one]
    return " → ".join(str(getattr(link, name)) for name in ends)
