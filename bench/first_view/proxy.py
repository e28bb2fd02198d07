"""ASGI application that passes requests to the site at SITE_PORT and changes its responses.

It runs under Hypercorn with HTTP/2, in an environment with Brotli but without the packages of the project.
`PUT /-/change` sets the changes. `GET /-/requests` returns the requests since the previous call.
"""

import asyncio
import http.client
import json
import os
import re
from functools import lru_cache

import brotli

SITE_PORT = int(os.environ["SITE_PORT"])
HOP_BY_HOP = {"connection", "keep-alive", "transfer-encoding", "content-length", "server", "date"}
SCRIPT = """addEventListener("pointerdown", ({ target }) => {
  const link = target.closest("a[href]");
  if (link) document.head.append(Object.assign(document.createElement("link"), { rel: "prefetch", href: link.href }));
});
"""
change, requests = {}, []
compress = lru_cache(64)(lambda body: brotli.compress(body, mode=brotli.MODE_TEXT, quality=10))


async def application(scope, receive, send):
    if scope["type"] == "lifespan":
        # The server continues without lifespan events.
        raise NotImplementedError
    body = b""
    while True:
        message = await receive()
        body += message.get("body", b"")
        if not message.get("more_body"):
            break
    if scope["path"].startswith("/-/"):
        await respond(send, *control(scope, body))
        return
    status, headers, body = await asyncio.to_thread(fetch, scope, body)
    request_headers = dict(scope["headers"])
    is_prefetch = b"prefetch" in request_headers.get(b"sec-purpose", request_headers.get(b"purpose", b""))
    requests.append({"path": scope["path"], "status": status, "is_prefetch": is_prefetch})
    if status == 200 and ("Content-Type", "text/html; charset=utf-8") in headers:
        text = body.decode()
        if change.get("hints"):
            await send({"type": "http.response.early_hint", "links": [link.encode() for link in hints(text)]})
        await asyncio.sleep(change.get("delay", 0) / 1000)
        headers, body = apply_change(headers, text)
    if change.get("without_clearing"):
        headers = [header for header in headers if header[0] != "Clear-Site-Data"]
    if is_script(scope):
        body = body.replace(b'supports?.("speculationrules")', b'supports?.("nothing")')
    await respond(send, status, headers, body)


def control(scope, body: bytes) -> tuple[int, list, bytes]:
    if scope["path"] == "/-/rules.json":
        rules = {"prefetch": [{"where": {"href_matches": "/en/*"}, "eagerness": change["eagerness"]}]}
        return 200, [("Content-Type", "application/speculationrules+json")], json.dumps(rules).encode()
    if scope["path"] == "/-/prefetch.js":
        return 200, [("Content-Type", "text/javascript")], SCRIPT.encode()
    if scope["path"] == "/-/change":
        change.clear()
        change.update(json.loads(body))
        requests.clear()
        return 200, [], b""
    response = json.dumps(requests).encode()
    requests.clear()
    return 200, [], response


def fetch(scope, body: bytes) -> tuple[int, list[tuple[str, str]], bytes]:
    connection = http.client.HTTPConnection("127.0.0.1", SITE_PORT, timeout=60)
    headers = {name.decode(): value.decode() for name, value in scope["headers"] if not name.startswith(b":")}
    headers |= {"x-forwarded-proto": "https", "x-forwarded-for": "127.0.0.1"}
    # Uncompressed, because pages and scripts are changed as text. Pages are compressed here.
    if b"text/html" in dict(scope["headers"]).get(b"accept", b"") or is_script(scope):
        headers["accept-encoding"] = "identity"
    path = scope["raw_path"].decode() + ("?" + scope["query_string"].decode() if scope["query_string"] else "")
    connection.request(scope["method"], path, body or None, headers)
    response = connection.getresponse()
    result = response.status, response.getheaders(), response.read()
    connection.close()
    return result


def is_script(scope) -> bool:
    """Whether the request is for a script that must be changed."""
    return bool(change.get("without_rules")) and scope["path"].endswith(".js")


def hints(text: str) -> list[str]:
    """Return Link headers for the files that block the first paint of a page."""
    style = re.search(r'rel="stylesheet" href="([^"]+)"', text)[1]
    font = re.search(r'href="([^"]+\.woff2)"', text)[1]
    script = re.search(r'<script src="([^"]+)"', text)[1]
    return [
        f"<{style}>; rel=preload; as=style",
        f"<{script}>; rel=preload; as=script",
        f'<{font}>; rel=preload; as=font; type="font/woff2"; crossorigin',
    ]


def apply_change(headers: list[tuple[str, str]], text: str) -> tuple[list[tuple[str, str]], bytes]:
    headers = [*headers, ("Content-Encoding", "br"), *change.get("headers", [])]
    if change.get("link"):
        headers.append(("Link", hints(text)[0]))
    if change.get("eagerness"):
        headers.append(("Speculation-Rules", '"/-/rules.json"'))
    if change.get("without_preload"):
        text = re.sub(r'<link rel="preload"[^>]+as="font"[^>]*>', "", text)
    if change.get("script"):
        text = text.replace("</head>", '<script src="/-/prefetch.js"></script></head>')
    return headers, compress(text.encode())


async def respond(send, status: int, headers: list[tuple[str, str]], body: bytes):
    raw_headers = [(name.lower().encode(), value.encode()) for name, value in headers if name.lower() not in HOP_BY_HOP]
    if status != 304:
        raw_headers.append((b"content-length", str(len(body)).encode()))
    await send({"type": "http.response.start", "status": status, "headers": raw_headers})
    await send({"type": "http.response.body", "body": body})
