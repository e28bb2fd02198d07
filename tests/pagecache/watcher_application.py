"""The ASGI application with a watcher that only waits for notifications, or that only polls, as WATCHER says."""

import os

import unic_site.wsgi  # noqa: F401 (sets up Django for the imports below)
from pagecache import watcher

if os.environ["WATCHER"] == "notifications":
    watcher.POLL_INTERVAL = 30
else:
    # No notifications arrive, as behind a connection pooler.
    watcher.CHANNEL = "unused_channel"

from unic_site.asgi import application

__all__ = ["application"]
