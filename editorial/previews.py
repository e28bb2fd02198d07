"""Previews: the page that shows a version of an item, rendered as if the version were on the site.

The page is rendered in a transaction in which the stored rows are those of the version, and which is rolled back. The
view is called directly, so a preview is in no access log of pages, and no cache, cookie or record knows of it.
"""

import re
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote, urlsplit

from csp.constants import NONE
from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.core import signing
from django.core.handlers.wsgi import WSGIRequest
from django.db import IntegrityError, transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import resolve
from django.utils import translation
from django.utils.translation import gettext_lazy as _

from editorial.models import Content, PreviewLink, Revision
from editorial.revisions import snapshots
from editorial.revisions.snapshots import Snapshot
from health.errors import render_error
from pagecache.key import CacheKey
from pagecache.models import REQUEST_KEY

# Neither nginx nor the page cache keeps such a response (pagecache/response.py).
HEADERS = {
    "Cache-Control": "private, no-store",
    "Referrer-Policy": "no-referrer",
    "X-Robots-Tag": "noindex, nofollow",
}
# No form and no script of a preview sends anything, so that nobody decides on cookies or sends a message in it.
SENDS_NOTHING = {"form-action": [NONE], "connect-src": [NONE]}
# The elements and attributes with which templates show pictures. Staff cannot write them: their texts are escaped, and
# formatted texts have no pictures.
PICTURE = re.compile(r"<(?:img|source)\b[^>]*>")
SOURCE = re.compile(r'\s(?:src|srcset)="[^"]*"')
FILE_ADDRESS = re.compile(rf"{re.escape(settings.MEDIA_URL)}([^\s\"'?,<>&]+)")
# Seconds in which a page of a preview loads its files. Some load only when they are scrolled into view.
FILE_SECONDS = 60 * 60

NO_PREVIEW = _("No preview")

file_signer = signing.TimestampSigner(salt="editorial.preview-file")


@dataclass(frozen=True)
class Preview:
    """A version of an item, and how its page is shown. The request of the page has it in the attribute `preview`."""

    model: type[Content]
    object_id: int
    data: Snapshot
    language: str
    # Whether the page is that for visitors who allowed everything. Third-party content is only named in any case.
    is_after_consent: bool = False
    # The link that shows the preview, or None in the admin.
    link: PreviewLink | None = None

    @classmethod
    def of_revision(cls, revision: Revision, parameters: Any, link: PreviewLink | None = None) -> "Preview":
        """Return the preview of `revision`. A draft is shown with the changes of the live item since it was begun."""
        data = revision.merged()[0] if revision.is_open and revision.item else revision.data
        return cls(revision.model_class, revision.object_id, data, **options(parameters), link=link)


class Unused(Http404):
    """No page shows the item. The message says what to do."""


def options(parameters: Any) -> dict[str, Any]:
    """Return the language and the consent of a preview from the parameters of a query."""
    language = parameters.get("language", "")
    return {
        "language": language if language in settings.CONTENT_LANGUAGES else translation.get_language(),
        "is_after_consent": parameters.get("consent") == "after",
    }


def preview_of(request: HttpRequest) -> Preview | None:
    """Return the preview that `request` is rendered for, or None for a visitor."""
    return getattr(request, "preview", None)


def render(request: HttpRequest, preview: Preview) -> HttpResponse:
    """Return the page of `preview`, or one that says why it cannot be shown. `request` is the one that asks for it."""
    try:
        with translation.override(preview.language), transaction.atomic():
            try:
                html = page_html(request, preview)
            finally:
                transaction.set_rollback(True)
    except IntegrityError:
        return refused(
            request,
            404,
            (
                NO_PREVIEW,
                _("Another item has a value that only one item can have, such as its address. Change one of them."),
            ),
        )
    except Http404 as error:
        reason = _("The page that shows this item is not on the site. Publish that page first.")
        return refused(request, 404, (NO_PREVIEW, error.args[0] if isinstance(error, Unused) else reason))
    response = HttpResponse(with_signed_files(html, preview.link))
    response.headers["Content-Language"] = preview.language
    # Attribute of django-csp.
    response._csp_replace = SENDS_NOTHING  # type: ignore[attr-defined]
    return private(response)


def refused(request: HttpRequest, status: int, texts: tuple[Any, Any]) -> HttpResponse:
    """Return an error page with `texts`. It has no third-party scripts, even if the visitor allowed them."""
    return private(render_error(request, status, {"consented_scripts": []}, texts))


def page_html(request: HttpRequest, preview: Preview) -> str:
    """Store the version and return its page. Must run in a transaction that is rolled back. Raises Http404."""
    values = preview.data[snapshots.ITEM] | {"is_published": True}
    item = snapshots.write(preview.model, preview.object_id, preview.data | {snapshots.ITEM: values})
    address = urlsplit(item.preview_url())
    if not address.path:
        raise Unused(_("No page shows this item yet. Use it on a page first."))
    # WSGI represents the bytes of a path as Latin-1 (PEP 3333).
    path = unquote(address.path).encode().decode("latin-1")
    # Without a content version, nothing is kept in the memory of this process (pagecache/per_version.py).
    environ = CacheKey(request.scheme or "", request.get_host(), path, address.query, "").environ({REQUEST_KEY: ""})
    page_request: Any = WSGIRequest(environ)
    page_request.preview, page_request.user = preview, AnonymousUser()
    match = page_request.resolver_match = resolve(page_request.path_info)
    response = match.func(page_request, *match.args, **match.kwargs)
    if response.status_code != 200:
        raise Http404(address.path)
    return response.content.decode()


def private(response: HttpResponse) -> HttpResponse:
    """Return `response` with headers that keep it out of caches, search engines and the referrer of links."""
    for name, value in HEADERS.items():
        response.headers[name] = value
    return response


def with_signed_files(html: str, link: PreviewLink | None) -> str:
    """Return `html` with signatures for the uploaded files of its pictures: visitors cannot load files of drafts.

    A signature is that of the link, if the page is shown by one.
    """
    token = link.token if link else ""

    def signed_address(match: re.Match) -> str:
        value = f"{token}:{unquote(match[1])}"
        return f"{match[0]}?preview={token}:{file_signer.sign(value).removeprefix(f'{value}:')}"

    def signed_source(match: re.Match) -> str:
        return FILE_ADDRESS.sub(signed_address, match[0])

    return PICTURE.sub(lambda match: SOURCE.sub(signed_source, match[0]), html)


def may_view_file(name: str, signature: str) -> bool:
    """Whether `signature` is that of a page of a preview that shows the uploaded file `name`, and its link works."""
    token, _colon, rest = signature.partition(":")
    try:
        file_signer.unsign(f"{token}:{name}:{rest}", max_age=FILE_SECONDS)
    except signing.BadSignature:
        return False
    return not token or PreviewLink.objects.of_token(token) is not None
