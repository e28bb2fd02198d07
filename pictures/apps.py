from datetime import timedelta

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _

import jobs


class PicturesConfig(AppConfig):
    name = "pictures"
    verbose_name = _("Pictures")

    def ready(self):
        from pictures.models import Picture

        jobs.register(
            "make-renditions",
            Picture.objects.make_missing_sizes,
            every=timedelta(minutes=5),
            title=_("Makes missing sizes of pictures."),
        )
