"""The least that the server can do: one page, always the same. What BODY names is read once."""

import os
from pathlib import Path

body = Path(os.environ["BODY"]).read_bytes()
headers = [("Content-Type", "text/html; charset=utf-8"), ("Content-Length", str(len(body)))]


def application(environ, start_response):
    start_response("200 OK", headers)
    return [body]
