"""Consent values that every page's layout needs."""

from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject
from django.utils.translation import get_language

from consent.cookie import has_objection_signal
from consent.state import ConsentState
from editorial.texts import TranslatedText


def consent(request: HttpRequest) -> dict:
    """Add the lazy values `consent`, `consented_scripts`, `has_cookie_settings` and `may_withdraw`.

    `consent` is the notice to show, or None if the visitor has decided, nothing is optional, or no notice is published.
    `consented_scripts` are the third-party scripts that the visitor allowed. `has_cookie_settings` is whether a notice
    is in force: without one, the page with the settings does not exist.
    """
    return {
        "consent": SimpleLazyObject(lambda: notice_to_show(request)),
        "consented_scripts": SimpleLazyObject(lambda: ConsentState.for_request(request).scripts),
        "has_cookie_settings": SimpleLazyObject(lambda: ConsentState.for_request(request).version is not None),
        "may_withdraw": SimpleLazyObject(lambda: ConsentState.for_request(request).may_withdraw),
    }


def notice_to_show(request: HttpRequest) -> dict | None:
    state = ConsentState.for_request(request)
    if state.version is None or not state.version.optional_providers or state.is_decided:
        return None
    version, language = state.version, get_language()
    return {
        "number": version.number,
        "html": version.html_in(language),
        "attributes": TranslatedText("notice", version.language_shown(language)).attributes,
        "objection": version.wording_in(language)["objection"] if has_objection_signal(request.META) else "",
        "path": request.get_full_path(),
    }
