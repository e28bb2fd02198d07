"""Pages of consent for visitors: decision, settings, receipt and seals."""

import json
import logging
from collections.abc import Collection
from dataclasses import dataclass
from typing import NamedTuple
from urllib.parse import urlsplit
from uuid import uuid4

from django.conf import settings
from django.db import DatabaseError
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import is_valid_path, reverse
from django.utils.functional import Promise
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import get_language, get_language_from_path
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import cache_control, never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST, require_safe

from consent.cookie import (
    IDEMPOTENCY_KEY,
    RECEIPT_COOKIE,
    ConsentCookie,
    delete_declined_cookies,
    delete_idempotency_cookie,
    has_objection_signal,
    is_notice_number,
    sent_idempotency_key,
    sent_receipt,
    set_decision_cookies,
    set_idempotency_cookie,
    storage_to_delete,
)
from consent.forms import CHOICES, DecisionForm
from consent.models import Decision, Leaf, NoticeVersion, Restoration, Script, Seal
from consent.signing import SealKeyError
from consent.state import ConsentState
from consent.wording import with_granted
from health.errors import BARE_LAYOUT, SECONDS_UNTIL_RETRY, permission_denied
from health.request_log import cause_of
from pagecache.decorators import cached_page
from security.proxies import client_network
from security.rate_limits import RateLimit
from security.same_site import is_from_this_site, is_read_by_scripts

log = logging.getLogger(__name__)

# Decisions of one network in ten minutes. A whole campus can share one address.
DECISIONS = RateLimit(600, 10 * 60)
# Anchor of the confirmation, which every page contains and CSS shows with :target. So it works on cached pages.
SAVED_ANCHOR = "consent-saved"


@dataclass(frozen=True)
class ConsentPage:
    """Title, description and URL of a page of consent, for the layout."""

    title: str | Promise
    meta_description: str | Promise
    url_name: str

    def __str__(self) -> str:
        return str(self.title)

    def get_absolute_url(self) -> str:
        return reverse(self.url_name)


SETTINGS = ConsentPage(_("Cookie settings"), _("View, change or withdraw your consent to cookies."), "consent:settings")
RECEIPT = ConsentPage(
    _("Receipt of your cookie choice"),
    _("The record of your cookie choice: the question, your answer and the time."),
    "consent:receipt",
)
SEALS = ConsentPage(
    _("Sealed records of consent"),
    _("Signed seals that let anyone check that no record was changed."),
    "consent:seals",
)
SEALS_PER_PAGE = 50
# Maximum digits of a seal's number, which is a 64-bit integer. int() refuses more than 4,300 digits.
MAX_SEAL_NUMBER_DIGITS = 18


def current_version(request: HttpRequest) -> NoticeVersion:
    """Return the notice in force. Raises Http404 before the first is published."""
    version = ConsentState.for_request(request).version
    if version is None:
        raise Http404("no notice is published yet")
    return version


def shown_version(request: HttpRequest) -> NoticeVersion | None:
    """Return the notice that the form was shown with, or None if the form names no known one.

    A page that was loaded earlier may have an older one. The buttons of footer and receipt withdraw without a question.
    """
    number = request.POST.get("notice", "")
    return NoticeVersion.objects.filter(number=number).first() if is_notice_number(number) else None


def safe_path(request: HttpRequest) -> str:
    """Return the address of the page that the visitor decided on, or "" without a safe one."""
    path = request.POST.get("next", "")
    is_safe = path.startswith("/") and "\0" not in path and url_has_allowed_host_and_scheme(path, allowed_hosts=None)
    return path if is_safe else ""


def recorded_path(address: str) -> str:
    """Return the path to record of this address, or "" if no page of the site can have it.

    The query may contain personal data, and so may an address that leads nowhere. Forms of error pages name no address.
    """
    path = urlsplit(address).path
    return path if get_language_from_path(path) and is_valid_path(path) else ""


class SentDecision(NamedTuple):
    """The newest decision under the receipt number that the browser sent.

    `is_unrecorded` means that the browser sent a choice or a number without such a record: it was erased, forged, or
    lost with a restored backup. The visitor then counts as undecided, and the response takes the cookies back. After an
    expired decision the visitor counts as undecided too, but can still read its receipt.
    """

    decision: Decision | None
    is_unrecorded: bool

    @property
    def is_expired(self) -> bool:
        return self.decision is not None and self.decision.is_expired

    @classmethod
    def of(cls, request: HttpRequest) -> "SentDecision":
        state = ConsentState.for_request(request)
        number = sent_receipt(request)
        decision = Decision.objects.chain(number).latest_of(number)
        if decision and (state.cookie is None or state.cookie.is_recorded_as(decision)):
            if decision.is_expired:
                state.cookie = None
            return cls(decision, False)
        state.cookie = None
        return cls(None, any(map(request.COOKIES.get, (settings.COOKIE_CONSENT_NAME, RECEIPT_COOKIE))))


def answered_version(request: HttpRequest, sent: SentDecision) -> NoticeVersion | None:
    """Return the notice that the visitor answered before, according to the record, or else to the cookie."""
    if sent.decision:
        return sent.decision.notice
    cookie = ConsentCookie.from_request(request)
    return NoticeVersion.objects.filter(number=cookie.notice_number).first() if cookie else None


@require_POST
@never_cache
@csrf_exempt
def decide(request: HttpRequest) -> HttpResponse:
    """Record a decision over all providers, set the cookies, and redirect to the page of the visitor."""
    if not is_from_this_site(request):
        return permission_denied(request)
    receipt_number, idempotency_key = sent_receipt(request), sent_idempotency_key(request)
    if not idempotency_key and not receipt_number and "text/html" in request.headers.get("Accept", ""):
        return repeat_with_idempotency_key(request)
    path = safe_path(request)
    return_path = path or reverse("consent:settings")
    try:
        current, sent = current_version(request), SentDecision.of(request)
        shown = shown_version(request)
        version = shown or answered_version(request, sent) or current
        granted = ConsentState.for_request(request).granted
        form = DecisionForm(request.POST, version=version, is_shown=shown is not None, granted=granted)
        if not form.is_valid():
            return settings_page(request, sent, form, status=400)
        withdraws = Decision.objects.withdraws(receipt_number, form.decided["answers"])
        if not current.optional_providers and not (form.takes_back and withdraws):
            form.add_error(None, _("Nothing optional is used on this site. Nothing was recorded."))
        elif not form.is_shown and not form.takes_back:
            form.add_error(None, _("The question on that page is out of date. Nothing was recorded. Choose again."))
        if form.errors:
            return settings_page(request, sent, form, status=400)
        is_within_limit = DECISIONS.take(client_network(request.META))
        if not is_within_limit and not withdraws:
            return not_recorded_page(request, return_path, status=429)
        decision = Decision.objects.record(
            notice=version,
            language=get_language(),
            path=recorded_path(path),
            has_objection_signal=has_objection_signal(request.META),
            # A choice that does not match its record starts a new chain, but a withdrawal must reach the consent.
            receipt="" if sent.is_unrecorded and not withdraws else receipt_number,
            idempotency_key=idempotency_key,
            **form.decided,
        )
        response = answer(request, decision, return_path, granted)
        set_decision_cookies(request, response, decision)
    except DatabaseError as error:
        log.error("A decision could not be recorded: %s", cause_of(error))
        return not_recorded_page(request, return_path)
    return response


def answer_for_scripts(decision: Decision) -> dict:
    """Return the answers of `decision` and the storage to delete, for layout.js, without the receipt number."""
    return {"providers": decision.answers_by_provider, "storage": storage_to_delete(decision)}


def answer(request: HttpRequest, decision: Decision, return_path: str, granted: Collection[str]) -> HttpResponse:
    """Return the response to a recorded decision. `granted` has the providers that were granted before."""
    if request.headers.get("Accept") != "application/json":
        response = HttpResponseRedirect(f"{return_path.split('#')[0]}#{SAVED_ANCHOR}")
        response.status_code = 303
        return response
    changed = sorted(set(granted) ^ set(decision.granted_providers))
    return JsonResponse(
        answer_for_scripts(decision)
        | {
            # Providers whose answer changed, and whether one of them has a script, which each page loads.
            "changed": changed,
            "scripts": Script.objects.optional().filter(provider__key__in=changed).exists(),
        }
    )


def repeat_with_idempotency_key(request: HttpRequest) -> HttpResponse:
    """Redirect the browser to send the same form again with an idempotency key.

    Public pages are cached for all visitors, so their forms have no key unless JavaScript adds one. A second press
    before this response cancels the first request. A second press after it sends the key in a cookie.
    """
    idempotency_key = uuid4().hex
    response = HttpResponseRedirect(f"{request.path}?{IDEMPOTENCY_KEY}={idempotency_key}", preserve_request=True)
    set_idempotency_cookie(response, idempotency_key)
    return response


def not_recorded_page(request: HttpRequest, return_path: str, status: int = 503) -> HttpResponse:
    """Return a page to send the same choice again. No cookie is set, and nothing counts as decided.

    `status` is 503 if the database failed, and 429 over the rate limit.
    """
    context = BARE_LAYOUT | {
        "consent": None,
        "subject": SETTINGS,
        "return_path": return_path,
        "notice": request.POST.get("notice", ""),
        "action": request.POST.get("action", ""),
        "choices": [(name, value) for name in CHOICES for value in request.POST.getlist(name)],
        "idempotency_key": sent_idempotency_key(request) or uuid4(),
        "is_limited": status == 429,
    }
    response = render(request, "consent/not_recorded.html", context, status=status)
    # The form of this page has the idempotency key.
    delete_idempotency_cookie(request, response)
    response.headers["Retry-After"] = str(DECISIONS.seconds_left if status == 429 else SECONDS_UNTIL_RETRY)
    return response


def settings_page(
    request: HttpRequest, sent: SentDecision, form: DecisionForm | None = None, status: int = 200
) -> HttpResponse:
    """Return the settings with the current decision, or with the choices of an invalid `form`."""
    version, state = current_version(request), ConsentState.for_request(request)
    wording = version.texts_in(get_language())
    context = {
        "subject": SETTINGS,
        # This page contains the form itself.
        "consent": None,
        "sent": sent,
        "cookie": state.cookie,
        "is_decided": state.is_decided,
        "is_asked": bool(version.optional_providers),
        "has_consented": state.cookie is not None and state.cookie.grants_anything,
        "form": form,
        "notice": version.number,
        "purposes": with_granted(wording["purposes"], form.chosen() if form else state.granted),
        # The text says that everything optional is off.
        "objection": wording["objection"] if has_objection_signal(request.META) and not state.granted else "",
        "idempotency_key": uuid4(),
        "answer": json.dumps(answer_for_scripts(sent.decision)) if sent.decision else "",
    }
    return with_deleted_cookies(request, render(request, "consent/settings.html", context, status=status), sent)


def with_deleted_cookies(request: HttpRequest, response: HttpResponse, sent: SentDecision) -> HttpResponse:
    """Delete the cookies of a decision that no longer counts, or those that the response to a decision left."""
    if sent.is_unrecorded or sent.is_expired:
        response.delete_cookie(settings.COOKIE_CONSENT_NAME, samesite="Lax")
    if sent.is_unrecorded:
        response.delete_cookie(RECEIPT_COOKIE, samesite="Lax")
    if sent.decision and not sent.is_expired:
        delete_declined_cookies(request, response, sent.decision)
    return response


@require_safe
@never_cache
def settings_view(request: HttpRequest) -> HttpResponse:
    return settings_page(request, SentDecision.of(request))


def sent_chain(sent: SentDecision) -> dict[int, Decision]:
    """Return all decisions under the receipt number of the browser, newest first. The first decision has the key 1."""
    chain = list(Decision.objects.chain(sent.decision.receipt)) if sent.decision else []
    return {len(chain) - place: decision for place, decision in enumerate(chain)}


def decision_at(chain: dict[int, Decision], position: int | None) -> Decision | None:
    """Return the decision at `position` of `chain`, or the newest. Raises Http404 for an unknown position."""
    if position is None:
        return next(iter(chain.values()), None)
    if position not in chain:
        raise Http404("no such receipt")
    return chain[position]


@require_safe
@never_cache
def receipt(request: HttpRequest, position: int | None = None) -> HttpResponse:
    """Show the newest receipt of the browser, or the one at `position` of its chain, with a list of all.

    Its number identifies the browser, so no script gets it: neither of another page nor of a third party on this one.
    """
    if is_read_by_scripts(request):
        return permission_denied(request)
    sent = SentDecision.of(request)
    chain = sent_chain(sent)
    decision = decision_at(chain, position)
    context = {
        "subject": RECEIPT,
        "consented_scripts": [],
        "sent": sent,
        "chain": chain,
        "decision": decision,
        "position": position,
        "is_newest": decision == sent.decision,
        "texts": decision.texts() if decision else None,
        "seal_number": Leaf.objects.seal_number_of(decision.digest) if decision else None,
        "answer": json.dumps(answer_for_scripts(sent.decision)) if sent.decision else "",
    }
    response = render(request, "consent/receipt.html", context)
    # A page that opens this one in a window cannot read it.
    response.headers["Cross-Origin-Opener-Policy"] = "noopener-allow-popups"
    return with_deleted_cookies(request, response, sent)


@require_safe
@never_cache
def receipt_json(request: HttpRequest, position: int | None = None) -> HttpResponse:
    """Return the newest receipt, or the one at `position`, as a file. Raises Http404 without a receipt."""
    if is_read_by_scripts(request):
        return permission_denied(request)
    decision = decision_at(sent_chain(SentDecision.of(request)), position)
    if decision is None:
        raise Http404("no receipt")
    response = JsonResponse(
        decision.as_receipt(Leaf.objects.inclusion_proof(decision.digest)),
        json_dumps_params={"ensure_ascii": False, "indent": 2},
    )
    name = f"consent-{decision.receipt}{f'-{position}' if position else ''}.json"
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


@require_safe
@cache_control(private=True, no_cache=True)
def seals(request: HttpRequest) -> HttpResponse:
    """Show the published seals, newest first, with the public key and the program that checks receipts.

    Raises Http404 if the number in the query is too large for a seal.
    """
    below = request.GET.get("below", "")
    has_number = below.isascii() and below.isdecimal()
    if has_number and len(below) > MAX_SEAL_NUMBER_DIGITS:
        raise Http404("no seal has such a number")
    listed = list(Seal.objects.below(int(below) if has_number else None)[: SEALS_PER_PAGE + 1])
    context = {
        "subject": SEALS,
        "seals": listed[:SEALS_PER_PAGE],
        "has_older": len(listed) > SEALS_PER_PAGE,
        "restorations": Restoration.objects.all(),
    }
    try:
        context["verifier"] = Seal.objects.verifier()
    except SealKeyError as error:
        log.error("The public key of the seals cannot be shown: %s", error)
    return render(request, "consent/seals.html", context)


@cached_page()
@require_safe
def gpc(request: HttpRequest) -> HttpResponse:
    """State that this site honours Global Privacy Control, since its first notice (https://w3c.github.io/gpc/)."""
    support: dict[str, bool | str] = {"gpc": True}
    if first := NoticeVersion.objects.order_by("number").values_list("published_at", flat=True).first():
        support["lastUpdate"] = first.date().isoformat()
    return JsonResponse(support)


@require_safe
def seal_text(request: HttpRequest, number: int) -> HttpResponse:
    """Return a seal as a signed note to download. Raises Http404 for an unknown number."""
    seal = get_object_or_404(Seal, number=number)
    address = reverse("consent:seal", args=[number])
    if request.path != address:
        # The number has leading zeros.
        return redirect(address, permanent=True)
    response = HttpResponse(seal.note, content_type="text/plain; charset=utf-8")
    response.headers["Content-Disposition"] = f'attachment; filename="seal-{number}.txt"'
    response.headers["X-Robots-Tag"] = "noindex"
    return response
