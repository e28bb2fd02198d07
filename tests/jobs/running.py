"""A process with one job, which writes the process's number into a file: python -m tests.jobs.running FILE"""

import os
import sys
import threading
from datetime import timedelta
from pathlib import Path

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "unic_site.settings")
django.setup()

import jobs  # noqa: E402
from jobs import models, registry, runner  # noqa: E402

# As in production, only faster.
models.LEASE, runner.HEARTBEAT = timedelta(seconds=2), 0.2


def note():
    with Path(sys.argv[1]).open("a") as file:
        file.write(f"{os.getpid()}\n")


registry.definitions.clear()
jobs.register("note", note, every=timedelta(seconds=0.1), title="Notes who runs it.")
runner.start()
threading.Event().wait()
