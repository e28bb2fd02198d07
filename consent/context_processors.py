"""What every page's frame shows of consent."""

from django.utils.functional import SimpleLazyObject
from django.utils.translation import get_language

from consent.choice import objects
from consent.standing import Standing
from editorial.texts import Text


def consent(request):
    """`consent`: the notice to show, or an empty value where the visitor decided, or nothing can be asked.
    `consented_scripts`: the scripts of others that this visitor allowed.
    `may_withdraw`: whether there is consent to withdraw.
    """
    return {
        "consent": SimpleLazyObject(lambda: notice_to_show(request)),
        "consented_scripts": SimpleLazyObject(lambda: Standing.of(request).scripts),
        "may_withdraw": SimpleLazyObject(lambda: Standing.of(request).may_withdraw),
    }


def notice_to_show(request) -> dict | None:
    standing = Standing.of(request)
    if standing.version is None or standing.is_decided:
        return None
    version, language = standing.version, get_language()
    return {
        "number": version.number,
        "html": version.html_in(language),
        "attributes": Text("notice", version.shown_in(language)).attributes,
        "objection": version.wording_in(language)["objection"] if objects(request) else "",
        "path": request.get_full_path(),
    }
