"""What every page's frame shows of consent."""

from django.utils.functional import SimpleLazyObject
from django.utils.translation import get_language

from consent.choice import Choice, objects
from consent.models import NoticeVersion


def consent(request):
    """`consent`: the notice to show, or an empty value where the visitor decided, or nothing can be asked."""
    return {"consent": SimpleLazyObject(lambda: notice_to_show(request))}


def notice_to_show(request) -> dict | None:
    version = NoticeVersion.objects.current()
    if version is None:
        return None
    choice = Choice.of(request)
    if choice and choice.holds_for(version):
        return None
    language = get_language()
    return {
        "html": version.html_in(language),
        "objection": version.wording_in(language)["objection"] if objects(request) else "",
        "path": request.get_full_path(),
    }
