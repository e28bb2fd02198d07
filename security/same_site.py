"""Checks of the origin and the destination of requests by the headers of the browser (W3C Fetch Metadata)."""

from urllib.parse import urlsplit

from django.http import HttpRequest


def is_from_this_site(request: HttpRequest) -> bool:
    """Whether a page of this site sent the form, according to the browser.

    Public pages are cached for all visitors, so they have no CSRF token. The header Sec-Fetch-Site is checked first,
    then Origin and Referer (W3C Fetch Metadata; RFC 6454, section 7).
    """
    if site := request.headers.get("Sec-Fetch-Site"):
        return site == "same-origin"
    source = request.headers.get("Origin") or request.headers.get("Referer") or ""
    try:
        return urlsplit(source)[:2] == (request.scheme, request.get_host())
    except ValueError:
        # Not a URL, such as "http://[".
        return False


def is_read_by_scripts(request: HttpRequest) -> bool:
    """Whether a script or another page asks for the response: the browser does not open it as a page or file.

    Browsers from before 2023 may not say.
    """
    return request.headers.get("Sec-Fetch-Dest", "document") != "document"
