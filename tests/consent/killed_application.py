"""The site's application, every process of which is killed between the commit of a decision and its answer."""

import os
import signal

from unic_site.asgi import application  # isort: skip (it makes Django ready for what follows)
from consent import views


def die(request, response, decision, storage_purposes):
    os.killpg(0, signal.SIGKILL)


views.keep = die

__all__ = ["application"]
