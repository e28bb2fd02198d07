"""The version of the content, which decides whether a cached page is current or outdated."""

from django.db import models
from django.http import HttpRequest

# Key in the WSGI environment of a request.
REQUEST_KEY = "pagecache.content_version"


class ContentVersionQuerySet(models.QuerySet["ContentVersion"]):
    def current(self) -> str:
        """Return the name of the committed version, or "" if there is none."""
        return self.values_list("name", flat=True).first() or ""

    def of(self, request: HttpRequest) -> str:
        """Return the name that was current when this method was first called for `request`."""
        if REQUEST_KEY not in request.META:
            request.META[REQUEST_KEY] = self.current()
        return request.META[REQUEST_KEY]


class ContentVersion(models.Model):
    """Version of the content, in a single row. Database triggers set a new random name with each change.

    Not a number, because the same numbers would be assigned again after a backup was restored.
    """

    name = models.CharField(max_length=36, default="")

    objects = ContentVersionQuerySet.as_manager()

    class Meta:
        default_permissions = ()
        constraints = [models.CheckConstraint(condition=models.Q(pk=1), name="one_content_version")]

    def __str__(self):
        return self.name
