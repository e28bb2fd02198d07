"""Content-Security-Policy for third-party content that the visitor allowed, and the name of staff for the log."""

from consent.state import ConsentState
from editorial.acting import acting_as


class ThirdPartyPolicyMiddleware:
    """Adds the origins of the third-party content on a page to the policy of its response."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        response = self.get_response(request)
        if sources := ConsentState.for_request(request).sources:
            response._csp_update = {directive: sorted(origins) for directive, origins in sources.items()}
        return response


class ActingStaffMiddleware:
    """Knows the member of staff who sent a request, for the log of what they switch off."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        # The session is read only when the name is needed.
        with acting_as(lambda: request.user.get_username()):
            return self.get_response(request)
