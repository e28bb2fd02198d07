#!/usr/bin/env python
"""Runs the site's commands: `manage.py help` lists them."""

import os
import sys

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.core.management import execute_from_command_line
from environs import EnvError


def main():
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "unic_site.settings")
    try:
        settings.INSTALLED_APPS  # noqa: B018 (reads the settings)
    except (ImproperlyConfigured, EnvError) as error:
        sys.exit(f"Configuration: {error}")
    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
