"""Whether a form came from this site's own page: public pages hold no CSRF token that could say so."""

from urllib.parse import urlsplit

from django.http import HttpRequest


def is_from_this_site(request: HttpRequest) -> bool:
    """Whether this site's own page sent the form: nobody posts for somebody else.

    Public pages are the same for everyone and hold no CSRF token, so the browser's own word counts: Sec-Fetch-Site,
    else Origin, else Referer (Fetch Metadata; RFC 6454, section 7).
    """
    if site := request.headers.get("Sec-Fetch-Site"):
        return site == "same-origin"
    source = request.headers.get("Origin") or request.headers.get("Referer") or ""
    try:
        return urlsplit(source)[:2] == (request.scheme, request.get_host())
    except ValueError:
        # No address at all, such as "http://[".
        return False
