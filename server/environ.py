"""WSGI environments (PEP 3333) from ASGI scopes."""

import sys
from typing import Any
from urllib.parse import unquote_to_bytes

# The two headers whose CGI names have no HTTP_ prefix (RFC 3875, section 4.1).
CGI_NAMES = {b"content-type": "CONTENT_TYPE", b"content-length": "CONTENT_LENGTH"}


def wsgi_environ(scope: dict[str, Any]) -> dict[str, Any]:
    """Return the WSGI environment of a request, without its body.

    Headers with "_" in their names are dropped, because their CGI names equal those of other headers: X_Forwarded_For
    and X-Forwarded-For. Repeated headers are joined by a comma (RFC 9110, section 5.3), Cookie by a semicolon.
    """
    host, port = scope["server"] or ("localhost", "80")
    environ = {
        "REQUEST_METHOD": scope["method"],
        "SCRIPT_NAME": "",
        # From the raw path, because the decoded path of the scope does not keep bytes that are not UTF-8.
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
        key = CGI_NAMES.get(name) or "HTTP_" + name.decode("latin-1").upper().replace("-", "_")
        text = value.decode("latin-1")
        if key in environ:
            text = environ[key] + ("; " if key == "HTTP_COOKIE" else ",") + text
        environ[key] = text
    if "HTTP_COOKIE" in environ:
        environ["HTTP_COOKIE"] = without_deceptive(environ["HTTP_COOKIE"])
    return environ


def without_deceptive(cookies: str) -> str:
    """Return a Cookie header without cookies that contain a backslash or have a name beyond ASCII. The site sets none.

    Before 3.11.10 and 3.12.6, Python needs seconds to unescape a crafted cookie of ten kilobytes (CVE-2024-7592).
    Django strips spaces beyond ASCII from names, and browsers see no COOKIE_PREFIX behind such a space.
    """
    if cookies.isascii() and "\\" not in cookies:
        return cookies
    return ";".join(
        cookie for cookie in cookies.split(";") if "\\" not in cookie and cookie.partition("=")[0].isascii()
    )
