"""Content-Security-Policy and caching of pages with third-party content that the visitor allowed."""

from consent.state import ConsentState

# Neither nginx nor the page cache keeps such a response (pagecache/response.py).
PERSONAL = "private, no-store"


class ThirdPartyPolicyMiddleware:
    """Adds the origins of the third-party content on a page to the policy of its response.

    A response that depends on the record of one visitor is never shared.
    """

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        response = self.get_response(request)
        state = ConsentState.for_request(request)
        if state.sources:
            response._csp_update = {directive: sorted(origins) for directive, origins in state.sources.items()}
        if state.is_personal:
            response.headers["Cache-Control"] = PERSONAL
        return response
