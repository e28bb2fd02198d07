"""The visitor's side of consent: deciding, the settings, and the receipt."""

import logging
from dataclasses import dataclass
from urllib.parse import urlsplit
from uuid import uuid4

from django.db import DatabaseError
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import cache_control, never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST, require_safe

from consent.cookie import (
    ATTEMPT,
    ConsentCookie,
    forget_attempt,
    is_number,
    keep,
    name_attempt,
    named_attempt,
    objects,
    receipt_in,
)
from consent.forms import DecisionForm
from consent.models import Decision, DeclaredCookie, Leaf, NoticeVersion, Restoration, Seal
from consent.signing import SealKeyError
from consent.state import ConsentState
from health.errors import BARE_LAYOUT, SECONDS_UNTIL_RETRY, permission_denied
from health.request_log import cause_of
from security.proxies import client_network
from security.rate_limits import RateLimit
from security.same_site import is_from_this_site

log = logging.getLogger(__name__)

# Decisions from one address: a campus may have a single one.
DECISIONS = RateLimit(600, 10 * 60)
# Where the confirmation stands on every page; :target shows it, so that it also appears on a page that is cached.
SAVED = "consent-saved"


@dataclass(frozen=True)
class Screen:
    """A page of consent as the frame sees it: title, description and address."""

    title: str
    meta_description: str
    url_name: str

    def __str__(self):
        return str(self.title)

    def get_absolute_url(self):
        return reverse(self.url_name)


SETTINGS = Screen(_("Cookie settings"), _("View, change or withdraw your consent to cookies."), "consent:settings")
RECEIPT = Screen(
    _("Receipt of your cookie choice"),
    _("The record of your cookie choice: the question, your answer and the time."),
    "consent:receipt",
)
SEALS = Screen(
    _("Seals over consent records"),
    _("Signed seals that let anyone check that no record was changed."),
    "consent:seals",
)
# Seals on one page of the list.
SEALS_A_PAGE = 50
# Maximum digits of a seal's number, a 64-bit integer. Python refuses to read one of more than 4,300.
LONGEST_SEAL_NUMBER = 18


def current_version(request: HttpRequest) -> NoticeVersion:
    """The notice that is in force. Raises Http404 before the first is published."""
    version = ConsentState.of(request).version
    if version is None:
        raise Http404("no notice is published yet")
    return version


def shown_version(request: HttpRequest) -> NoticeVersion:
    """The notice that the form was shown with: a page that stood open may hold an older one than is in force."""
    current, number = current_version(request), request.POST.get("notice", "")
    if not is_number(number) or int(number) == current.number:
        return current
    return NoticeVersion.objects.filter(number=number).first() or current


def way_back(request: HttpRequest) -> str:
    """The page that the visitor decided on, if it is one of this site; else the settings."""
    path = request.POST.get("next", "")
    if path.startswith("/") and "\0" not in path and url_has_allowed_host_and_scheme(path, allowed_hosts=None):
        return path
    return reverse("consent:settings")


@require_POST
@never_cache
@csrf_exempt
def decide(request):
    """Record one decision over all purposes, then set the cookie and lead back to where the visitor was."""
    if not is_from_this_site(request):
        return permission_denied(request)
    before, attempt = receipt_in(request), named_attempt(request)
    if not attempt and not before and "text/html" in request.headers.get("Accept", ""):
        return once_more_by_name(request)
    back = way_back(request)
    try:
        version = shown_version(request)
        form = DecisionForm(request.POST, version=version, granted=ConsentState.of(request).granted)
        if not form.is_valid():
            return settings_page(request, current_version(request), form, status=400)
        is_within_limit = DECISIONS.take(client_network(request.META))
        if not is_within_limit and not Decision.objects.withdraws(before, **form.decided):
            return not_recorded(request, back, status=429)
        storing = DeclaredCookie.objects.storing()
        decision = Decision.objects.record(
            notice=version,
            language=get_language(),
            # What follows a question mark may say who the visitor is, or what they looked for.
            path=urlsplit(back).path,
            gpc=objects(request),
            receipt=before,
            attempt=attempt,
            **form.decided,
        )
    except DatabaseError as error:
        log.error("A decision could not be recorded: %s", cause_of(error))
        return not_recorded(request, back)
    if request.headers.get("Accept") == "application/json":
        response = JsonResponse({"receipt": decision.receipt})
    else:
        response = HttpResponseRedirect(f"{back.split('#')[0]}#{SAVED}")
        response.status_code = 303
    keep(request, response, decision, storing)
    return response


def once_more_by_name(request):
    """Have the browser send the same post again under a random name, by which a second press is recognised.

    A public page is the same for everyone, so without JavaScript its form brings no name. A press before this answer
    replaces the first one, because a browser follows the last one only. A press after it brings the name in a cookie.
    """
    attempt = uuid4().hex
    response = HttpResponseRedirect(f"{request.path}?{ATTEMPT}={attempt}", preserve_request=True)
    name_attempt(request, response, attempt)
    return response


def not_recorded(request, back: str, status: int = 503):
    """The same choice to send again. Without a record, no cookie is set and nothing counts as decided.

    503 where the database failed, 429 where too many decisions came from one address.
    """
    context = BARE_LAYOUT | {
        "consent": None,
        "subject": SETTINGS,
        "back": back,
        "notice": request.POST.get("notice", ""),
        "action": request.POST.get("action", ""),
        "purposes": request.POST.getlist("purposes"),
        "attempt": named_attempt(request) or uuid4(),
        "is_limited": status == 429,
    }
    response = render(request, "consent/not_recorded.html", context, status=status)
    # The form of this answer has the name of the attempt.
    forget_attempt(request, response)
    response.headers["Retry-After"] = str(DECISIONS.seconds_left if status == 429 else SECONDS_UNTIL_RETRY)
    return response


def settings_page(request, version: NoticeVersion, form: DecisionForm | None, status: int = 200):
    """The state as it is, and the form that changes it. What was chosen in a form with an error stays chosen."""
    choice = ConsentCookie.of(request)
    granted = set(form.data.getlist("purposes")) if form is not None else ConsentState.of(request).granted
    wording = version.texts_in(get_language())
    purposes = [
        purpose | {"is_granted": purpose["is_necessary"] or purpose["key"] in granted}
        for purpose in wording["purposes"]
    ]
    context = {
        "subject": SETTINGS,
        # This page asks for itself.
        "consent": None,
        "choice": choice,
        "is_decided": ConsentState.of(request).is_decided,
        "has_consented": choice is not None and choice.grants_anything,
        "form": form,
        "notice": version.number,
        "purposes": purposes,
        # It says that all is off.
        "objection": wording["objection"] if objects(request) and not granted else "",
        "attempt": uuid4(),
    }
    return render(request, "consent/settings.html", context, status=status)


@require_safe
@never_cache
def settings_view(request):
    return settings_page(request, current_version(request), None)


def own_decision(request) -> Decision | None:
    """The decision that holds for the receipt that the browser carries."""
    return Decision.objects.select_related("notice").latest_of(receipt_in(request))


@require_safe
@never_cache
def receipt(request):
    decision = own_decision(request)
    asked_in = decision.notice.shown_in(decision.language) if decision else ""
    context = {
        "subject": RECEIPT,
        "number": receipt_in(request),
        "has_choice": ConsentCookie.of(request) is not None,
        "decision": decision,
        "asked_in": asked_in,
        "wording": decision.notice.wording[asked_in] if decision else None,
        "seal_number": Leaf.objects.seal_number_of(decision.digest) if decision else None,
    }
    return render(request, "consent/receipt.html", context)


@require_safe
@never_cache
def receipt_json(request):
    """The receipt as a file. Raises Http404 for a browser that carries none."""
    decision = own_decision(request)
    if decision is None:
        raise Http404("no receipt")
    response = JsonResponse(
        decision.as_receipt(Leaf.objects.proof_for(decision.digest)),
        json_dumps_params={"ensure_ascii": False, "indent": 2},
    )
    response.headers["Content-Disposition"] = f'attachment; filename="consent-{decision.receipt}.json"'
    return response


@require_safe
@cache_control(private=True, no_cache=True)
def seals(request):
    """The published seals, newest first, with the key and the program to check them.

    Raises Http404 for a number that no seal can have.
    """
    below = request.GET.get("below", "")
    has_number = below.isascii() and below.isdecimal()
    if has_number and len(below) > LONGEST_SEAL_NUMBER:
        raise Http404("no seal has such a number")
    listed = list(Seal.objects.below(int(below) if has_number else None)[: SEALS_A_PAGE + 1])
    context = {
        "subject": SEALS,
        "seals": listed[:SEALS_A_PAGE],
        "has_older": len(listed) > SEALS_A_PAGE,
        "restorations": Restoration.objects.all(),
    }
    try:
        context["verifier"] = Seal.objects.verifier()
    except SealKeyError as error:
        log.error("The public key of the seals cannot be shown: %s", error)
    return render(request, "consent/seals.html", context)


@require_safe
def seal_text(request, number: int):
    """One seal as a signed note, to keep. Raises Http404 for a number that was not given yet."""
    seal = get_object_or_404(Seal, number=number)
    response = HttpResponse(seal.note, content_type="text/plain; charset=utf-8")
    response.headers["Content-Disposition"] = f'attachment; filename="seal-{number}.txt"'
    response.headers["X-Robots-Tag"] = "noindex"
    return response
