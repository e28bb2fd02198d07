"""The application as a worker process of `manage.py serve` loads it."""

import signal

# Ctrl-C reaches every process in the terminal. The main one obeys and stops its workers with SIGTERM; a worker that
# got both at once could wait for ever.
signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
# A worker that is stopped while it still loads the site has nothing to finish; the server sets its own handler after.
signal.signal(signal.SIGTERM, signal.SIG_DFL)

from unic_site.wsgi import application as site  # noqa: E402, I001 (it makes Django ready for what follows)
from django.conf import settings  # noqa: E402
from consent.variants import Rule  # noqa: E402
from delivery.store.front import PageStore  # noqa: E402
from delivery.store.listener import Listener  # noqa: E402
from jobs import runner  # noqa: E402

runner.start()

application = site
if settings.PAGE_STORE_MEGABYTES and not settings.DEBUG:
    limit = settings.PAGE_STORE_MEGABYTES * 1_000_000
    store = PageStore(site, Rule, settings.PAGE_STORE, limit).start()
    # The method itself: to call the object would cost each request a detour.
    application = store.__call__
    if listener := Listener.of_this_process(store):
        listener.start()
        application = listener.behind(application)

__all__ = ["application"]
