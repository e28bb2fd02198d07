"""ASGI application whose processes are killed after the commit of a decision, before the response."""

import os
import signal

from unic_site.asgi import application  # isort: skip (it makes Django ready for what follows)
from consent import views


def die(request, response, decision):
    os.killpg(0, signal.SIGKILL)


views.set_decision_cookies = die

__all__ = ["application"]
