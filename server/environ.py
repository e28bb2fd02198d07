"""WSGI environments (PEP 3333) made of ASGI scopes."""

import sys
from urllib.parse import unquote_to_bytes

# CGI's names for the two headers that are not HTTP_… (RFC 3875, section 4.1).
WITHOUT_PREFIX = {b"content-type": "CONTENT_TYPE", b"content-length": "CONTENT_LENGTH"}


def environ_of(scope: dict) -> dict:
    """The environment of a request, without its body.

    Headers whose names hold "_" are dropped, as they would pass for those with "-": X_Forwarded_For for
    X-Forwarded-For. Repeated headers are joined by a comma (RFC 9110, section 5.3), Cookie by a semicolon.
    """
    host, port = scope["server"] or ("localhost", "80")
    environ = {
        "REQUEST_METHOD": scope["method"],
        "SCRIPT_NAME": "",
        # Bytes as latin-1, as PEP 3333 asks; the decoded path of the scope replaces those that are no UTF-8.
        "PATH_INFO": unquote_to_bytes(scope["raw_path"]).decode("latin-1"),
        "QUERY_STRING": scope["query_string"].decode("latin-1"),
        "SERVER_PROTOCOL": f"HTTP/{scope['http_version']}",
        "SERVER_NAME": host,
        "SERVER_PORT": str(port),
        "REMOTE_ADDR": scope["client"][0] if scope["client"] else "",
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": scope["scheme"],
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.multiprocess": True,
        "wsgi.run_once": False,
    }
    for name, value in scope["headers"]:
        if b"_" in name:
            continue
        key = WITHOUT_PREFIX.get(name) or "HTTP_" + name.decode("latin-1").upper().replace("-", "_")
        text = value.decode("latin-1")
        if key in environ:
            text = environ[key] + ("; " if key == "HTTP_COOKIE" else ",") + text
        environ[key] = text
    if "HTTP_COOKIE" in environ:
        environ["HTTP_COOKIE"] = without_escapes(environ["HTTP_COOKIE"])
    return environ


def without_escapes(cookies: str) -> str:
    """A Cookie header without the cookies that have a backslash in them, which this site writes into none.

    Python takes seconds to unescape one of some ten KB that is made for it (CVE-2024-7592, until 3.11.10 and 3.12.6).
    """
    if "\\" not in cookies:
        return cookies
    return ";".join(cookie for cookie in cookies.split(";") if "\\" not in cookie)
