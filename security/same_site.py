"""Same-origin check of forms on public pages, which have no CSRF token."""

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
