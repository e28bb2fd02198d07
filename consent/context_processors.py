"""What every page's frame shows of consent."""

from django.utils.functional import SimpleLazyObject
from django.utils.translation import get_language

from consent.cookie import objects
from consent.state import ConsentState
from editorial.texts import TranslatedText


def consent(request):
    """`consent`: the notice to show, or an empty value where the visitor decided, or nothing can be asked.
    `consented_scripts`: the scripts of others that this visitor allowed.
    `may_withdraw`: whether there is consent to withdraw.
    """
    return {
        "consent": SimpleLazyObject(lambda: notice_to_show(request)),
        "consented_scripts": SimpleLazyObject(lambda: ConsentState.of(request).scripts),
        "may_withdraw": SimpleLazyObject(lambda: ConsentState.of(request).may_withdraw),
    }


def notice_to_show(request) -> dict | None:
    standing = ConsentState.of(request)
    if standing.version is None or standing.is_decided:
        return None
    version, language = standing.version, get_language()
    return {
        "number": version.number,
        "html": version.html_in(language),
        "attributes": TranslatedText("notice", version.shown_in(language)).attributes,
        "objection": version.wording_in(language)["objection"] if objects(request) else "",
        "path": request.get_full_path(),
    }
