"""The Content-Security-Policy of one visitor: wider than everyone's by what they allowed, and only where it loads."""

from consent.state import ConsentState


class ThirdPartyPolicyMiddleware:
    """Adds to an answer's policy the origins of what its page loads from others by consent."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        response = self.get_response(request)
        if sources := ConsentState.of(request).sources:
            response._csp_update = {directive: sorted(origins) for directive, origins in sources.items()}
        return response
