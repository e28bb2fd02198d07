"""Pages with third-party content: their Content-Security-Policy, their caching, and content that is shown once."""

import logging

from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.http import escape_leading_slashes
from django.utils.translation import get_language

from consent.cookie import has_objection_signal, is_notice_number
from consent.models import Decision, EmbeddedContent, NoticeVersion
from consent.state import ConsentState
from consent.views import DECISIONS
from health.errors import BARE_LAYOUT, SECONDS_UNTIL_RETRY, permission_denied
from health.request_log import cause_of
from security.proxies import client_network
from security.same_site import is_from_this_site

log = logging.getLogger(__name__)

# Neither nginx nor the page cache keeps such a response (pagecache/response.py).
PERSONAL = "private, no-store"
# Form field with the key of the embed.
SHOW_ONCE = "show_once"


class ThirdPartyMiddleware:
    """Adds the origins of the third-party content on a page to the policy of its response.

    A response that depends on the record of one visitor is never shared.
    """

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        state = ConsentState.for_request(request)
        if is_form(request) and SHOW_ONCE in request.POST:
            response = self.show_once(request, state)
        else:
            response = self.get_response(request)
        if state.sources:
            policy = {directive: sorted(origins) for directive, origins in state.sources.items()}
            # Attribute of django-csp.
            response._csp_update = policy  # type: ignore[attr-defined]
        if state.is_personal:
            response.headers["Cache-Control"] = PERSONAL
        return response

    def show_once(self, request: HttpRequest, state: ConsentState) -> HttpResponse:
        """Return the page with the embed that the visitor asked for, after recording that it is shown.

        The page is rendered as for a GET request. If the embed is not on it any more, or the notice was replaced by one
        that asks again, the page is returned without it, and nothing is recorded.
        """
        if not is_from_this_site(request):
            return permission_denied(request)
        state.is_personal = True
        if not DECISIONS.take(client_network(request.META)):
            return not_shown(request, state, 429)
        number = request.POST.get("notice", "")
        state.asked_once, state.asked_notice = request.POST[SHOW_ONCE], int(number) if is_notice_number(number) else 0
        request.method = "GET"
        response = self.get_response(request)
        request.method = "POST"
        if response.status_code >= 500:
            return not_shown(request, state, 503)
        if state.shown_once and state.asked_version:
            try:
                self.record(request, state.asked_version, state.shown_once)
            except DatabaseError as error:
                log.error("It could not be recorded that content was shown once: %s", cause_of(error))
                return not_shown(request, state, 503)
        return response

    @staticmethod
    def record(request: HttpRequest, notice: NoticeVersion, embed: EmbeddedContent) -> None:
        Decision.objects.record_shown_once(
            notice=notice,
            language=get_language(),
            embed=embed.key,
            provider=embed.provider.key,
            path=request.path,
            has_objection_signal=has_objection_signal(request.META),
        )


def is_form(request: HttpRequest) -> bool:
    """Whether the request sends a form without files."""
    return request.method == "POST" and request.content_type == "application/x-www-form-urlencoded"


def not_shown(request: HttpRequest, state: ConsentState, status: int) -> HttpResponse:
    """Return a page to ask for the same content again. Nothing loads.

    `status` is 503 if the record could not be written, and 429 over the rate limit.
    """
    state.sources.clear()
    context = BARE_LAYOUT | {
        "is_error": True,
        "path": escape_leading_slashes(request.get_full_path()),
        "embed": request.POST[SHOW_ONCE],
        "notice": request.POST.get("notice", ""),
        "is_limited": status == 429,
    }
    response = render(request, "consent/not_shown.html", context, status=status)
    response.headers["Retry-After"] = str(DECISIONS.seconds_left if status == 429 else SECONDS_UNTIL_RETRY)
    return response
