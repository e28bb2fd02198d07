"""ASGI application that always sends the same page, as an upper limit of speed. BODY is the path of the page."""

import os
from pathlib import Path

body = Path(os.environ["BODY"]).read_bytes()
headers = [(b"content-type", b"text/html; charset=utf-8"), (b"content-length", str(len(body)).encode())]


async def application(scope, receive, send):
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": body})
