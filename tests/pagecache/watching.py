"""The site's application, whose watcher is told of a change long before it looks, or is never told, as WATCHER says."""

import os

import unic_site.wsgi  # noqa: F401 (it makes Django ready for what follows)
from pagecache import watcher

if os.environ["WATCHER"] == "is told":
    watcher.PAUSE = 30
else:
    # PostgreSQL says nothing there; a pooler in front may keep what it says to itself.
    watcher.CHANNEL = "nobody_speaks_here"

from unic_site.asgi import application

__all__ = ["application"]
