"""The state of the site's content, by which stored pages are known to be current or outdated."""

from django.db import models


class ContentVersionQuerySet(models.QuerySet):
    def current(self) -> str:
        """The name of the content as it is committed now."""
        return self.values_list("name", flat=True).first() or ""

    def of(self, request) -> str:
        """The name that the content had when `request` first asked for it."""
        if not hasattr(request, "content_version"):
            request.content_version = self.current()
        return request.content_version


class ContentVersion(models.Model):
    """The content as it stands between two changes. There is one row; triggers give it a new name at each change.

    A random name and not a number, which would come up a second time after a backup was brought back.
    """

    name = models.CharField(max_length=36, default="")

    objects = ContentVersionQuerySet.as_manager()

    class Meta:
        default_permissions = ()
        constraints = [models.CheckConstraint(condition=models.Q(pk=1), name="one_content_version")]

    def __str__(self):
        return self.name
