"""Pages of feedback for visitors: the form and the confirmation."""

import logging
from uuid import uuid4

from django.db import DatabaseError
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import Resolver404, resolve, reverse
from django.utils import translation
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import get_language, get_language_from_path
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import cache_control
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_safe

from feedback.forms import FeedbackForm
from feedback.models import FeedbackPage, Message, feedback_page
from health.errors import BARE_LAYOUT, SECONDS_UNTIL_RETRY, permission_denied
from health.request_log import cause_of
from security.proxies import client_network
from security.rate_limits import RateLimit
from security.same_site import is_from_this_site

log = logging.getLogger(__name__)

# Messages of one network in an hour. A whole university can share one address.
MESSAGES = RateLimit(100, 60 * 60)


def page_or_404() -> FeedbackPage:
    """Return the page with the form. Raises Http404 before the content is loaded."""
    page = feedback_page()
    if page is None:
        raise Http404("there is no feedback page")
    return page


def page_from_query(request: HttpRequest) -> str:
    """Return the path in the query parameter `page`, or "" unless it is a page of this site."""
    path = request.GET.get("page", "")
    if len(path) > 300 or not path.startswith("/") or not url_has_allowed_host_and_scheme(path, allowed_hosts=None):
        return ""
    try:
        with translation.override(get_language_from_path(path)):
            resolve(path.partition("?")[0])
    except Resolver404:
        return ""
    return path


@require_http_methods(["GET", "HEAD", "POST"])
@cache_control(private=True, no_cache=True)
@csrf_exempt
def form(request: HttpRequest) -> HttpResponse:
    """Show the form; on POST, commit the message, mail it, and redirect to the confirmation."""
    if request.method != "POST":
        return form_page(request, FeedbackForm(initial={"page": page_from_query(request)}))
    if not is_from_this_site(request):
        return permission_denied(request)
    filled = FeedbackForm(request.POST)
    is_valid = filled.is_valid()
    try:
        if not is_valid:
            return form_page(request, filled, status=400)
        if not MESSAGES.take(client_network(request.META)):
            filled.add_error(None, _("Too many messages came from your network. Send this one again in an hour."))
            response = form_page(request, filled, status=429)
            response.headers["Retry-After"] = str(MESSAGES.seconds_left)
            return response
        Message.objects.receive(
            language=get_language(), idempotency_key=request.POST.get("idempotency_key", ""), **filled.message
        )
    except DatabaseError as error:
        log.error("A message could not be stored: %s", cause_of(error))
        return not_stored(request, filled)
    try:
        Message.objects.mail_waiting()
    except DatabaseError as error:
        # The message is stored, and the job `mail-feedback` will mail it.
        log.warning("Messages could not be mailed: %s", cause_of(error))
    redirect = HttpResponseRedirect(reverse("feedback:sent"))
    redirect.status_code = 303
    return redirect


def form_page(request: HttpRequest, filled: FeedbackForm, status: int = 200) -> HttpResponse:
    page = page_or_404()
    context = {"page": page, "subject": page, "form": filled, "idempotency_key": idempotency_key_of(request)}
    return render(request, "feedback/form.html", context, status=status)


def not_stored(request: HttpRequest, filled: FeedbackForm) -> HttpResponse:
    """Return status 503 with the filled form to send again, without a database query."""
    context = BARE_LAYOUT | {
        "is_error": True,
        "heading": _("We could not save your message"),
        "remedy": _("Your message has not reached us yet. Your text is kept below. Send it again in half a minute."),
        "form": filled,
        "idempotency_key": idempotency_key_of(request),
    }
    response = render(request, "feedback/not_stored.html", context, status=503)
    response.headers["Retry-After"] = str(SECONDS_UNTIL_RETRY)
    return response


def idempotency_key_of(request: HttpRequest) -> str:
    """Return the key of a failed POST, or a new one."""
    return request.POST.get("idempotency_key") or str(uuid4())


@require_safe
def sent(request: HttpRequest) -> HttpResponse:
    page = page_or_404()
    context = {"page": page, "subject": page, "heading": _("Your message has been sent")}
    return render(request, "feedback/sent.html", context)
