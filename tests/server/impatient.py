"""The site's application, which waits three seconds for a request body instead of fifteen."""

from server import body

body.SECONDS_TO_ARRIVE = 3

from unic_site.asgi import application  # noqa: E402

__all__ = ["application"]
