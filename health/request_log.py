"""Request ids in log records, and the access log. No log names a client's address."""

import logging
import re
import time
from collections.abc import Callable
from contextvars import ContextVar
from uuid import uuid4

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from security.proxies import REQUEST_ID, apply_forwarded

access_log = logging.getLogger("health.access")
current_id: ContextVar[str] = ContextVar("request_id", default="")
ACCEPTED_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")


class RequestLogMiddleware:
    """Names each request by an id, that of a trusted proxy or a new one, and writes the access log if it is on.

    It also applies what trusted proxies say of the client, so it stands before all other middleware.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]):
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        began = time.perf_counter()
        apply_forwarded(request.META)
        given = request.META.get(REQUEST_ID, "")
        request.id = given if ACCEPTED_ID.fullmatch(given) else uuid4().hex
        token = current_id.set(request.id)
        try:
            response = self.get_response(request)
            if not is_shared(request, response):
                response.headers["X-Request-ID"] = request.id
            if settings.ACCESS_LOG:
                milliseconds = round((time.perf_counter() - began) * 1000, 1)
                log_access(request.method, request.path, response.status_code, milliseconds)
            return response
        finally:
            current_id.reset(token)


def is_shared(request: HttpRequest, response: HttpResponse) -> bool:
    """Whether caches may give the response to others: a page marked `stored`, or a static file, which has no view."""
    view = request.resolver_match and request.resolver_match.func
    return response.status_code in (200, 304) and (view is None or hasattr(view, "query_parameters"))


def log_access(method: str, path: str, status: int, milliseconds: float):
    """Write one line of the access log; `path` has no query, which may say who the visitor is."""
    fields = {"method": method, "path": path, "status": status, "milliseconds": milliseconds}
    access_log.info("%s %s %s %s ms", *fields.values(), extra=fields)


class RequestIdFilter(logging.Filter):
    """Adds the id of the request during which a record was logged."""

    def filter(self, record: logging.LogRecord) -> bool:
        # Django logs some errors after the middleware has ended, with the request beside them.
        found = current_id.get() or getattr(getattr(record, "request", None), "id", "")
        if found:
            record.request_id = found
        return True


class ClientFaultFilter(logging.Filter):
    """Drops the traceback of a request that Django refuses, such as one for a host that is not the site's."""

    def filter(self, record: logging.LogRecord) -> bool:
        if record.name.startswith("django.security."):
            record.exc_info = record.exc_text = None
        return True


def cause_of(error: Exception) -> str:
    """The kind of an error and its first line: further lines of a database's message quote the values of a row."""
    first = str(error).strip().partition("\n")[0]
    return f"{type(error).__name__}: {first}" if first else type(error).__name__
