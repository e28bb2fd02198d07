"""Settings with a middleware that raises an error for one page."""

from tests.staticexport.two_languages import *  # noqa: F403
from unic_site.settings import MIDDLEWARE as ORIGINAL

MIDDLEWARE = [*ORIGINAL, "tests.staticexport.broken_page.fail"]


def fail(get_response):
    def middleware(request):
        if request.path == "/en/vision/":
            raise RuntimeError("broken")
        return get_response(request)

    return middleware
