"""A process with one job that appends the process id to a file: python -m tests.jobs.running FILE"""

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

# Shorter times than in production.
models.LEASE, runner.HEARTBEAT = timedelta(seconds=2), 0.2


def note():
    with Path(sys.argv[1]).open("a") as file:
        file.write(f"{os.getpid()}\n")


registry.definitions.clear()
jobs.register("note", note, every=timedelta(seconds=0.1), title="Notes the process.")
runner.start()
threading.Event().wait()
