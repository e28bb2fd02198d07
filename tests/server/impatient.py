"""The ASGI application with a shorter time limit for request bodies: three seconds."""

from server import body

body.ARRIVAL_TIMEOUT = 3

from unic_site.asgi import application  # noqa: E402

__all__ = ["application"]
