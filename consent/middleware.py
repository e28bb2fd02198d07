"""Content-Security-Policy for third-party content that the visitor allowed."""

from consent.state import ConsentState


class ThirdPartyPolicyMiddleware:
    """Adds the origins of the third-party content on a page to the policy of its response."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        response = self.get_response(request)
        if sources := ConsentState.for_request(request).sources:
            response._csp_update = {directive: sorted(origins) for directive, origins in sources.items()}
        return response
