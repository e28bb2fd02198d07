"""Request IDs in log records, and the access log. No log contains IP addresses of clients."""

import logging
import re
import time
from collections.abc import Callable
from contextvars import ContextVar
from uuid import uuid4

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from security.proxies import REQUEST_ID, apply_forwarded

# Key in the WSGI environment: the ID of the request.
ID_KEY = "health.request_id"

access_log = logging.getLogger("health.access")
current_id: ContextVar[str] = ContextVar("request_id", default="")
ACCEPTED_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")


class RequestLogMiddleware:
    """Gives each request an ID, from a trusted proxy or a new one, and writes the access log if it is enabled.

    It also applies the X-Forwarded headers of trusted proxies, so it must be the first middleware.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]):
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        started_at = time.perf_counter()
        apply_forwarded(request.META)
        proxy_id = request.META.get(REQUEST_ID, "")
        request_id = proxy_id if ACCEPTED_ID.fullmatch(proxy_id) else uuid4().hex
        request.META[ID_KEY] = request_id
        token = current_id.set(request_id)
        try:
            response = self.get_response(request)
            if not is_shared(request, response):
                response.headers["X-Request-ID"] = request_id
            if settings.ACCESS_LOG:
                milliseconds = round((time.perf_counter() - started_at) * 1000, 1)
                log_access(request.method or "", request.path, response.status_code, milliseconds)
            return response
        finally:
            current_id.reset(token)


def is_shared(request: HttpRequest, response: HttpResponse) -> bool:
    """Whether caches may send the response to other clients: a cached page, or a static file, which has no view."""
    view = request.resolver_match and request.resolver_match.func
    return response.status_code in (200, 304) and (view is None or hasattr(view, "query_parameters"))


def log_access(method: str, path: str, status: int, milliseconds: float):
    """Write one line of the access log. `path` has no query, because a query can contain personal data."""
    fields = {"method": method, "path": path, "status": status, "milliseconds": milliseconds}
    access_log.info("%s %s %s %s ms", *fields.values(), extra=fields)


class RequestIdFilter(logging.Filter):
    """Adds the ID of the current request to log records."""

    def filter(self, record: logging.LogRecord) -> bool:
        # Django logs some errors after the middleware has returned, with the request as an attribute.
        request = getattr(record, "request", None)
        if request_id := current_id.get() or getattr(request, "META", {}).get(ID_KEY):
            record.request_id = request_id
        return True


class ClientFaultFilter(logging.Filter):
    """Removes the traceback of requests that Django refuses, for example because of an unknown host."""

    def filter(self, record: logging.LogRecord) -> bool:
        if record.name.startswith("django.security."):
            record.exc_info = record.exc_text = None
        return True


def cause_of(error: Exception) -> str:
    """Return the type of an error and the first line of its message. Further lines can contain values of a row."""
    message = str(error).strip().partition("\n")[0]
    return f"{type(error).__name__}: {message}" if message else type(error).__name__
