"""Headers that every answer carries."""

from django.templatetags.static import static

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
PRESSED_LINKS = "pressed-links.speculationrules"


class ResponseHeadersMiddleware:
    """Adds the headers that Django itself has no setting for.

    A public page carries `no-cache`: a browser may keep it, and asks each time whether it still holds (RFC 9111,
    section 5.2.2.4); `no-store` would keep it out of the back-forward cache. `Speculation-Rules` has browsers ask for
    the next page when its link is pressed, and not only when it is let go.
    """

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        response = self.get_response(request)
        response.headers.setdefault("Permissions-Policy", PERMISSIONS_POLICY)
        response.headers.setdefault("Cross-Origin-Resource-Policy", "same-origin")
        response.headers.setdefault("Cache-Control", "no-cache")
        if is_public_page(request, response):
            response.headers["Speculation-Rules"] = f'"{static(PRESSED_LINKS)}"'
        return response


def is_public_page(request, response) -> bool:
    is_of_admin = request.resolver_match and request.resolver_match.app_name == "admin"
    return response.headers.get("Content-Type", "").startswith("text/html") and not is_of_admin
