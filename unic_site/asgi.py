"""The ASGI application as a worker process of `manage.py serve` loads it."""

import os
import signal
import threading
import time

# Ctrl-C reaches every process in the terminal. The main one obeys and stops its workers with SIGTERM; a worker that
# got both at once could wait for ever.
signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
# A worker that is stopped while it loads the site has nothing to finish; the server sets its own handler afterwards.
signal.signal(signal.SIGTERM, signal.SIG_DFL)

from unic_site.wsgi import application as site  # noqa: E402, I001 (it sets up Django for what follows)
from django.conf import settings  # noqa: E402
from consent.variants import VaryRule  # noqa: E402
from jobs import runner  # noqa: E402
from pagecache.cache import PageCache  # noqa: E402
from server.asgi import Application, WSGIRenderer, warm_up  # noqa: E402
from server.limits import body_limit  # noqa: E402


def end_with(parent: int):
    """End this process soon after `parent` has ended, so that a killed server leaves no worker that holds its port."""
    while os.getppid() == parent:
        time.sleep(0.5)
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(10)
    os._exit(1)


threading.Thread(target=end_with, args=(os.getppid(),), name="parent-watcher", daemon=True).start()
runner.start()
cache = None
if settings.PAGE_CACHE_MEGABYTES and not settings.DEBUG:
    limit = settings.PAGE_CACHE_MEGABYTES * 1_000_000
    cache = PageCache(WSGIRenderer(site), VaryRule, settings.PAGE_CACHE, limit).start()
warm_up(site)
application = Application(site, cache, body_limit)
