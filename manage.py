#!/usr/bin/env python
"""Runs the site's commands: `manage.py help` lists them."""

import gc
import os
import sys

import django
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.core.management import execute_from_command_line
from django.db import DatabaseError
from environs import EnvError


def main():
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "unic_site.settings")
    # The modules of the site stay. Searching them for garbage would take a third of the time of a command.
    gc.disable()
    try:
        settings.INSTALLED_APPS  # noqa: B018 (reads the settings)
    except (ImproperlyConfigured, EnvError) as error:
        sys.exit(f"Configuration: {error}")
    django.setup()
    gc.freeze()
    gc.enable()
    try:
        execute_from_command_line(sys.argv)
    except (DatabaseError, OSError) as error:
        from unic_site.failures import explanation

        if "--traceback" in sys.argv or not (sentence := explanation(error)):
            raise
        sys.exit(sentence)


if __name__ == "__main__":
    main()
