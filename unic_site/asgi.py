"""The ASGI application that each worker process of `manage.py serve` loads."""

import gc
import os
import signal
import threading
import time
from functools import partial

# The terminal sends Ctrl-C to all processes. The main process stops its workers with SIGTERM; a worker that got both
# signals could hang.
signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
# A worker that is stopped while it loads the site ends at once. granian sets its own handler afterwards.
signal.signal(signal.SIGTERM, signal.SIG_DFL)
# What is loaded here stays. Searching it for garbage would take a fifth of the time of a start, see gc.freeze below.
gc.disable()

from unic_site.wsgi import application as site  # noqa: E402, I001 (sets up Django for the imports below)
from django.conf import settings  # noqa: E402
from consent.variants import VaryRule  # noqa: E402
from jobs import runner  # noqa: E402
from pagecache.cache import PageCache  # noqa: E402
from server.asgi import Application, render, warm_up  # noqa: E402
from server.limits import body_limit  # noqa: E402


def exit_with(parent: int):
    """End this process when `parent` has ended. Otherwise the workers of a killed server would keep its port."""
    while os.getppid() == parent:
        time.sleep(0.5)
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(10)
    os._exit(1)


threading.Thread(target=exit_with, args=(os.getppid(),), name="parent-watcher", daemon=True).start()
runner.start()
cache = None
if settings.PAGE_CACHE_MEGABYTES and not settings.DEBUG:
    limit = settings.PAGE_CACHE_MEGABYTES * 1_000_000
    cache = PageCache(partial(render, site), VaryRule, settings.PAGE_CACHE, limit).start()
warm_up(site)
gc.freeze()
gc.enable()
application = Application(site, cache, body_limit)
