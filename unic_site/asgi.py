"""The ASGI application, for hosts that ask for one; the project itself is served over WSGI."""

import os

from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "unic_site.settings")

application = get_asgi_application()
