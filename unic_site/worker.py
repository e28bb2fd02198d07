"""The application as a worker process of `manage.py serve` loads it."""

import signal

# Ctrl-C reaches every process in the terminal. The main one obeys and stops its workers with SIGTERM; a worker that
# got both at once could wait for ever.
signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
# A worker that is stopped while it still loads the site has nothing to finish; the server sets its own handler after.
signal.signal(signal.SIGTERM, signal.SIG_DFL)

from unic_site.wsgi import application  # noqa: E402, I001 (it makes Django ready for what follows)
from consent.sealing import start_sealing  # noqa: E402

start_sealing()

__all__ = ["application"]
