"""Responses with uploaded files, for visitors and for staff."""

import time
from pathlib import Path

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import FileResponse, Http404, HttpRequest, HttpResponseNotFound
from django.http.response import HttpResponseBase
from django.utils.cache import get_conditional_response
from django.utils.http import http_date
from django.views.decorators.http import require_safe

from editorial.previews import HEADERS, may_view_file
from health.errors import CONNECTION_ERRORS, page_not_found
from pictures.files import can_view_file, file_path, is_public

# Names of files that were public at their last check, for use while the database is unavailable.
public_names: set[str] = set()
MAX_PUBLIC_NAMES = 10_000

# A browser may cache a file for a week, because another file has another name. Shared caches may not, because a file
# that is no longer public must not be served from there.
VISITOR_CACHE_CONTROL = "private, max-age=604800"
STAFF_CACHE_CONTROL = "private, no-cache"


@require_safe
def public_file(request: HttpRequest, name: str) -> HttpResponseBase:
    """Serve an uploaded file that a published item or a page of a preview uses. Answer 404 for any other name."""
    if may_view_file(name, request.GET.get("preview", "")):
        return file_response(request, file_path(name), HEADERS)
    # nginx caches a response until the end of the second, and then revalidates it. A cached 404 replaces a cached file.
    # URLs with a query string are not cached, because anyone could fill the cache with copies.
    cached_by_nginx = {} if request.META["QUERY_STRING"] else {"X-Accel-Expires": f"@{int(time.time())}"}
    try:
        if not is_or_was_public(name):
            raise Http404(name)
        return file_response(request, file_path(name), cached_by_nginx | {"Cache-Control": VISITOR_CACHE_CONTROL})
    except Http404:
        if "text/html" in request.headers.get("Accept", ""):
            response = page_not_found(request)
        else:
            response = HttpResponseNotFound("Not found\n", content_type="text/plain")
        for header, value in cached_by_nginx.items():
            response.headers[header] = value
        return response


def is_or_was_public(name: str) -> bool:
    """Whether the file is public, or was at the last check if the database is unavailable. Raises DatabaseError."""
    try:
        found = is_public(name)
    except CONNECTION_ERRORS:
        if name in public_names:
            return True
        raise
    if found:
        if len(public_names) >= MAX_PUBLIC_NAMES:
            public_names.clear()
        public_names.add(name)
    else:
        public_names.discard(name)
    return found


@require_safe
def staff_file(request: HttpRequest, name: str) -> HttpResponseBase:
    """Serve any uploaded file to staff who may view an item that uses it."""
    if not can_view_file(request, name):
        raise PermissionDenied
    return file_response(request, file_path(name), {"Cache-Control": STAFF_CACHE_CONTROL})


# The view sets Cache-Control itself, so that a browser can cache the file and revalidate it.
staff_file = admin.site.admin_view(staff_file, cacheable=True)


def file_response(request: HttpRequest, path: Path, headers: dict[str, str]) -> HttpResponseBase:
    """Return the file at `path`, or 304 if the browser has it. Raises Http404 if it does not exist."""
    try:
        status = path.stat()
        etag = f'"{status.st_mtime_ns:x}-{status.st_size:x}"'
        response = get_conditional_response(request, etag, int(status.st_mtime)) or FileResponse(path.open("rb"))
    except OSError as error:
        raise Http404(path.name) from error
    for header, value in {**headers, "ETag": etag, "Last-Modified": http_date(status.st_mtime)}.items():
        response.headers[header] = value
    return response
