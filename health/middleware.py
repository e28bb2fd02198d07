"""Headers and compression of all responses, and the characters of pages."""

import re
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.middleware.gzip import GZipMiddleware

PERMISSIONS_POLICY = ", ".join(
    f"{feature}=()"
    for feature in (
        "accelerometer",
        "autoplay",
        "browsing-topics",
        "camera",
        "display-capture",
        "geolocation",
        "gyroscope",
        "magnetometer",
        "microphone",
        "midi",
        "payment",
        "usb",
    )
)

# Control characters and noncharacters: https://html.spec.whatwg.org/multipage/parsing.html#preprocessing-the-input-stream
ASTRAL = "".join(f"{chr(plane)}-{chr(plane + 0xFFFD)}" for plane in range(0x10000, 0x110000, 0x10000))
NOT_IN_HTML = re.compile(f"[^\t\n\f\r -~\xa0-\ufdcf\ufdf0-\ufffd{ASTRAL}]")


class ResponseHeadersMiddleware:
    """Adds the headers for which Django has no setting.

    Public pages have `no-cache`: browsers may store them, and must revalidate them before each use (RFC 9111, section
    5.2.2.4). `no-store` would exclude them from the back-forward cache.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]):
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        response.headers.setdefault("Permissions-Policy", PERMISSIONS_POLICY)
        response.headers.setdefault("Cross-Origin-Resource-Policy", "same-origin")
        response.headers.setdefault("Cache-Control", "no-cache")
        return response


class CompressionMiddleware(GZipMiddleware):
    """Compresses responses with gzip, except images, which are already compressed."""

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        if response.headers.get("Content-Type", "").startswith("image/"):
            return response
        return super().process_response(request, response)


class CharactersMiddleware:
    """Replaces characters that HTML does not allow with U+FFFD. Plain SQL and queries can contain them.

    It does not remove them, because what is around them could become a tag or the scheme of a URL.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]):
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if not response.streaming and response.headers.get("Content-Type", "").startswith("text/html"):
            html, number = NOT_IN_HTML.subn("\ufffd", response.content.decode())
            if number:
                response.content = html
                response.headers["Content-Length"] = str(len(response.content))
        return response
