"""Uploaded files, as visitors and staff get them."""

import time
from pathlib import Path

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db import InterfaceError, OperationalError
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, HttpResponseNotFound
from django.utils.cache import get_conditional_response
from django.utils.http import http_date
from django.views.decorators.http import require_safe

from health.errors import page_not_found
from pictures.files import is_public, may_see, path_of

# Names that were public when the database was last asked: what it is asked for while it is away.
last_known: set[str] = set()
MOST_LAST_KNOWN = 10_000

# A browser may keep a file for a week, since another file has another name. No shared cache may: what is not public
# any more has to be gone there at once.
FOR_VISITORS = "private, max-age=604800"
FOR_STAFF = "private, no-cache"


@require_safe
def public_file(request: HttpRequest, name: str) -> HttpResponse:
    """An uploaded file that a published item uses; 404 for any other."""
    # Our own nginx keeps an answer until the second is over, then asks again; also that there is nothing, which takes
    # the place of a file that it kept.
    # Not under an address with a query, as anyone can make up thousands of copies.
    cached_by_nginx = {} if request.META["QUERY_STRING"] else {"X-Accel-Expires": f"@{int(time.time())}"}
    try:
        if not was_public(name):
            raise Http404(name)
        return file_response(request, path_of(name), cached_by_nginx | {"Cache-Control": FOR_VISITORS})
    except Http404:
        if "text/html" in request.headers.get("Accept", ""):
            response = page_not_found(request)
        else:
            response = HttpResponseNotFound("Not found\n", content_type="text/plain")
        for header, value in cached_by_nginx.items():
            response.headers[header] = value
        return response


def was_public(name: str) -> bool:
    """Whether the file is public; as last known where the database is away."""
    try:
        found = is_public(name)
    except (OperationalError, InterfaceError):
        if name in last_known:
            return True
        raise
    if found:
        if len(last_known) >= MOST_LAST_KNOWN:
            last_known.clear()
        last_known.add(name)
    else:
        last_known.discard(name)
    return found


@require_safe
def staff_file(request: HttpRequest, name: str) -> HttpResponse:
    """Any uploaded file, for staff who may see an item that names it."""
    if not may_see(request, name):
        raise PermissionDenied
    return file_response(request, path_of(name), {"Cache-Control": FOR_STAFF})


# The headers allow a browser to keep the file and ask whether it still may show it.
staff_file = admin.site.admin_view(staff_file, cacheable=True)


def file_response(request: HttpRequest, path: Path, headers: dict[str, str]) -> HttpResponse:
    """The file at `path`, or 304 where the browser has it. Raises Http404 where there is none."""
    try:
        status = path.stat()
        etag = f'"{status.st_mtime_ns:x}-{status.st_size:x}"'
        response = get_conditional_response(request, etag, int(status.st_mtime)) or FileResponse(path.open("rb"))
    except OSError as error:
        raise Http404(path.name) from error
    for header, value in {**headers, "ETag": etag, "Last-Modified": http_date(status.st_mtime)}.items():
        response.headers[header] = value
    return response
