"""The WSGI application."""

import os

from django.core.wsgi import get_wsgi_application

from server.database_limits import limit_requests

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "unic_site.settings")

limit_requests()
application = get_wsgi_application()
