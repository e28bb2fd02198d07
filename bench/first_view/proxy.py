"""Hands on what the site at SITE_PORT answers, over HTTP/2, with one thing changed: an ASGI application.

Runs under Hypercorn in an environment of its own, which has Brotli and nothing of the project. `PUT /-/change` says
what is to be changed; `GET /-/seen` tells the requests since it was last asked.
"""

import asyncio
import http.client
import json
import os
import re
from functools import lru_cache

import brotli

SITE_PORT = int(os.environ["SITE_PORT"])
NOT_HANDED_ON = {"connection", "keep-alive", "transfer-encoding", "content-length", "server", "date"}
SCRIPT = """addEventListener("pointerdown", ({ target }) => {
  const link = target.closest("a[href]");
  if (link) document.head.append(Object.assign(document.createElement("link"), { rel: "prefetch", href: link.href }));
});
"""
change, seen = {}, []
compress = lru_cache(64)(lambda body: brotli.compress(body, mode=brotli.MODE_TEXT, quality=10))


async def application(scope, receive, send):
    if scope["type"] == "lifespan":
        # None is needed; the server goes on without.
        raise NotImplementedError
    body = b""
    while True:
        message = await receive()
        body += message.get("body", b"")
        if not message.get("more_body"):
            break
    if scope["path"].startswith("/-/"):
        await answer(send, *control(scope, body))
        return
    status, headers, body = await asyncio.to_thread(ask, scope, body)
    said = dict(scope["headers"])
    is_ahead = b"prefetch" in said.get(b"sec-purpose", said.get(b"purpose", b""))
    seen.append({"path": scope["path"], "status": status, "is_ahead": is_ahead})
    if status == 200 and ("Content-Type", "text/html; charset=utf-8") in headers:
        text = body.decode()
        if change.get("hints"):
            await send({"type": "http.response.early_hint", "links": [link.encode() for link in hints(text)]})
        await asyncio.sleep(change.get("delay", 0) / 1000)
        headers, body = changed(headers, text)
    if change.get("without_clearing"):
        headers = [header for header in headers if header[0] != "Clear-Site-Data"]
    if is_script(scope):
        body = body.replace(b'supports?.("speculationrules")', b'supports?.("nothing")')
    await answer(send, status, headers, body)


def control(scope, body: bytes) -> tuple[int, list, bytes]:
    if scope["path"] == "/-/rules.json":
        rules = {"prefetch": [{"where": {"href_matches": "/en/*"}, "eagerness": change["eagerness"]}]}
        return 200, [("Content-Type", "application/speculationrules+json")], json.dumps(rules).encode()
    if scope["path"] == "/-/ahead.js":
        return 200, [("Content-Type", "text/javascript")], SCRIPT.encode()
    if scope["path"] == "/-/change":
        change.clear()
        change.update(json.loads(body))
        seen.clear()
        return 200, [], b""
    told = json.dumps(seen).encode()
    seen.clear()
    return 200, [], told


def ask(scope, body: bytes) -> tuple[int, list[tuple[str, str]], bytes]:
    connection = http.client.HTTPConnection("127.0.0.1", SITE_PORT, timeout=60)
    headers = {name.decode(): value.decode() for name, value in scope["headers"] if not name.startswith(b":")}
    headers |= {"x-forwarded-proto": "https", "x-forwarded-for": "127.0.0.1"}
    # Pages are changed as text, and then compressed here.
    if b"text/html" in dict(scope["headers"]).get(b"accept", b"") or is_script(scope):
        headers["accept-encoding"] = "identity"
    path = scope["raw_path"].decode() + ("?" + scope["query_string"].decode() if scope["query_string"] else "")
    connection.request(scope["method"], path, body or None, headers)
    found = connection.getresponse()
    answered = found.status, found.getheaders(), found.read()
    connection.close()
    return answered


def is_script(scope) -> bool:
    """Whether it is to be changed."""
    return bool(change.get("without_rules")) and scope["path"].endswith(".js")


def hints(text: str) -> list[str]:
    """What the head of a page names that has to be there before anything is shown."""
    style = re.search(r'rel="stylesheet" href="([^"]+)"', text)[1]
    font = re.search(r'href="([^"]+\.woff2)"', text)[1]
    script = re.search(r'<script src="([^"]+)"', text)[1]
    return [
        f"<{style}>; rel=preload; as=style",
        f"<{script}>; rel=preload; as=script",
        f'<{font}>; rel=preload; as=font; type="font/woff2"; crossorigin',
    ]


def changed(headers: list[tuple[str, str]], text: str) -> tuple[list[tuple[str, str]], bytes]:
    headers = [*headers, ("Content-Encoding", "br"), *change.get("headers", [])]
    if change.get("link"):
        headers.append(("Link", hints(text)[0]))
    if change.get("eagerness"):
        headers.append(("Speculation-Rules", '"/-/rules.json"'))
    if change.get("without_preload"):
        text = re.sub(r'<link rel="preload"[^>]+as="font"[^>]*>', "", text)
    if change.get("script"):
        text = text.replace("</head>", '<script src="/-/ahead.js"></script></head>')
    return headers, compress(text.encode())


async def answer(send, status: int, headers: list[tuple[str, str]], body: bytes):
    told = [(name.lower().encode(), value.encode()) for name, value in headers if name.lower() not in NOT_HANDED_ON]
    if status != 304:
        told.append((b"content-length", str(len(body)).encode()))
    await send({"type": "http.response.start", "status": status, "headers": told})
    await send({"type": "http.response.body", "body": body})
