from datetime import timedelta

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _

import jobs


class PicturesConfig(AppConfig):
    name = "pictures"
    verbose_name = _("Pictures")

    def ready(self):
        from pictures.files import delete_orphaned_files
        from pictures.models import Picture

        jobs.register(
            "make-renditions",
            Picture.objects.make_missing_renditions,
            every=timedelta(minutes=5),
            title=_("Makes missing sizes of pictures."),
        )
        jobs.register(
            "delete-orphaned-files",
            delete_orphaned_files,
            every=timedelta(hours=6),
            title=_("Deletes uploads that nothing uses any more."),
        )
