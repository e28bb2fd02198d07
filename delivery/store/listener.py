"""The port of the site: what the page store has is handed out here; all else is passed on to the server behind.

A WSGI server gives each request to a thread and names its headers one by one, which takes longer than to hand out a
page that lies ready. Here one thread of a worker does it on an event loop: a request that it knows word by word gets
its answer at once, another one is read by a parser (llhttp) and looked up in the store. What the store can't answer
goes, as it came, through a socket of this machine to the server, which reads it for itself. A connection that was
passed on serves no second request, so the two can never disagree on where one request ends and the next begins.
"""

import asyncio
import logging
import os
import re
import resource
import socket
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from io import BytesIO
from multiprocessing.util import Finalize
from time import monotonic
from typing import NamedTuple
from urllib.parse import unquote_to_bytes

import httptools
import uvloop
from django.utils.http import http_date

from delivery.store.answer import Answer, Kept, answer_of
from delivery.store.question import LONGEST_HOST, Question

log = logging.getLogger(__name__)

# How `manage.py serve` tells a worker where to listen: address, port, and the socket of the server behind.
LISTEN = "UNIC_LISTEN"
# By this the server behind learns whose request it reads. Nobody else may say it.
PEER = b"x-site-peer"
# As nginx has it: bytes of a head, and of one line of it. Digits of a host's port.
LONGEST_HEAD, LONGEST_LINE, LONGEST_PORT = 32_768, 8192, 5
# Of so many connections to one worker the one that came first is ended when another comes.
MOST_CONNECTIONS = 4096
# A request that is passed on has a file open on either side of this machine's socket, beside the visitor's own.
FILES_A_CONNECTION = 3
# Requests up to this length are remembered word by word, so many of them.
LONGEST_KNOWN, MOST_KNOWN = 4096, 512
# So long a connection may be silent, so long may a head or an answer be on its way without going on, and so long is
# waited for what is on its way when the worker ends.
SECONDS_IDLE, SECONDS_STUCK, SECONDS_TO_END = 75, 60, 5
# Lines of a head that change no stored page, and differ from browser to browser and from visit to visit.
SAID_IN_VAIN = re.compile(
    rb"\r\n(?:User-Agent|Accept(?:-Language)?|Referer|Sec-(?:Fetch|CH)-[a-z-]+|Upgrade-Insecure-Requests|Priority|Pragma"
    rb"|Cache-Control|X-Forwarded-For|X-Real-IP): [\t\x20-\x7e\x80-\xff]*(?=\r\n)",
    re.IGNORECASE,
)
# As many pages are made at once as the server behind makes.
MAKERS = 12
# They hold between two servers only (RFC 9110, section 7.6.1).
HOP_BY_HOP = {b"connection", b"keep-alive", b"proxy-connection", b"upgrade", b"http2-settings"}
BODIES = {b"content-length", b"transfer-encoding", b"expect", b"upgrade"}
REFUSED = {
    400: b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Length: 0\r\n\r\n",
    431: b"HTTP/1.1 431 Request Header Fields Too Large\r\nConnection: close\r\nContent-Length: 0\r\n\r\n",
    502: b"HTTP/1.1 502 Bad Gateway\r\nConnection: close\r\nContent-Length: 0\r\n\r\n",
    503: b"HTTP/1.1 503 Service Unavailable\r\nRetry-After: 1\r\nConnection: close\r\nContent-Length: 0\r\n\r\n",
}


class Known(NamedTuple):
    """The page that answers a request which is known word by word, and what is sent before and after the date."""

    kept: Kept
    head: bytes
    body: bytes


class Request:
    """The head of one request. Raises httptools.HttpParserError for what is none."""

    def __init__(self, head: bytes):
        # Whether the head is whole, and whether the body is, as far as it was followed.
        self.url, self.headers, self.is_whole, self.is_complete = b"", [], False, False
        self.parser = httptools.HttpRequestParser(self)
        self.follow(head)
        self.method, self.version = self.parser.get_method(), self.parser.get_http_version()
        self.names = [name for name, _value in self.headers]
        hosts = [value for name, value in self.headers if name == b"host"]
        if not self.is_whole or self.version not in ("1.0", "1.1") or not all(map(is_host, hosts)):
            raise httptools.HttpParserError("no request of HTTP/1.1")
        self.is_last = self.version != "1.1" or b"close" in dict(self.headers).get(b"connection", b"").lower()

    def on_url(self, url: bytes):
        self.url += url

    def on_header(self, name: bytes, value: bytes):
        # With an underscore it could pass for another header (CGI writes both alike).
        if b"_" not in name:
            self.headers.append((name.lower(), value.rstrip(b" \t")))

    def on_headers_complete(self):
        self.is_whole = True

    def on_message_complete(self):
        self.is_complete = True

    def follow(self, data: bytes):
        """Read on, up to the end of the body."""
        if not self.is_complete:
            try:
                self.parser.feed_data(data)
            except httptools.HttpParserUpgrade:
                # What else it would like to speak is not spoken here.
                self.is_complete = True

    @property
    def may_be_stored(self) -> bool:
        """Whether it is a plain question, with nothing after its head that would have to be read."""
        return (
            self.method in (b"GET", b"HEAD")
            and self.url.startswith(b"/")
            and not self.url.startswith(b"//")
            and self.url.partition(b"?")[0].isascii()
            and BODIES.isdisjoint(self.names)
            and len(set(self.names)) == len(self.names)
        )

    def environ(self, connection: "Connection") -> dict:
        """As PEP 3333 has it."""
        path, _, query = self.url.partition(b"?")
        environ = {
            "REQUEST_METHOD": self.method.decode(),
            "SCRIPT_NAME": "",
            "PATH_INFO": unquote_to_bytes(path).decode("latin-1"),
            "QUERY_STRING": query.decode("latin-1"),
            "SERVER_PROTOCOL": f"HTTP/{self.version}",
            "SERVER_NAME": connection.listener.host,
            "SERVER_PORT": connection.listener.port,
            "REMOTE_ADDR": connection.peer,
            "wsgi.version": (1, 0),
            "wsgi.url_scheme": "http",
            "wsgi.input": BytesIO(),
            "wsgi.errors": sys.stderr,
            "wsgi.multithread": True,
            "wsgi.multiprocess": True,
            "wsgi.run_once": False,
        }
        for name, value in self.headers:
            environ[f"HTTP_{name.decode('latin-1').upper().replace('-', '_')}"] = value.decode("latin-1")
        return environ

    def to_pass_on(self, peer: str) -> bytes:
        lines = [b"%s %s HTTP/%s" % (self.method, self.url, self.version.encode())]
        lines += [b"%s: %s" % header for header in self.headers if header[0] not in HOP_BY_HOP]
        lines += [b"connection: close", b"%s: %s" % (PEER, peer.encode()), b"", b""]
        return b"\r\n".join(lines)


def is_too_long(head: bytes) -> bool:
    if len(head) <= LONGEST_LINE:
        return False
    return len(head) > LONGEST_HEAD or any(len(line) > LONGEST_LINE for line in head.split(b"\r\n"))


def is_host(host: bytes) -> bool:
    """Whether it is short enough: Django takes a port of any length, and pages name their host many times."""
    _name, colon, port = host.rpartition(b":")
    return len(host) <= LONGEST_HOST and (not colon or len(port) <= LONGEST_PORT or port.endswith(b"]"))


class Connection(asyncio.Protocol):
    """One visitor's connection. Its requests are answered in their order; reading waits while one is on its way."""

    def __init__(self, listener: "Listener"):
        self.listener, self.store = listener, listener.store
        self.known = listener.known
        self.transport, self.peer = None, ""
        # The request that was passed on, and the connection by which it was.
        self.passed, self.server, self.opening = None, None, None
        # What was read and not answered yet, and for how many things that has to wait.
        self.held, self.waits, self.is_at_end = b"", 0, False
        # All was answered, and what still comes is read for nothing: to hang up on it would undo the answer.
        self.is_answered = False
        # When the connection last went on, and how much of an answer it had not taken then.
        self.heard, self.left = listener.now, 0

    def connection_made(self, transport):
        self.transport = transport
        # Who has hung up already has no address any more.
        if address := transport.get_extra_info("peername"):
            self.peer = address[0]
            self.listener.take_in(self)
        else:
            transport.abort()

    def connection_lost(self, error):
        self.listener.connections.pop(self, None)
        if self.server:
            self.server.transport.abort()

    def data_received(self, data: bytes):
        if self.is_answered:
            return
        if not self.listener.gives_way:
            self.listener.give_way()
        if not self.held:
            self.heard = self.listener.now
            if not self.waits and (known := self.known.get(data)) and self.store.is_current(known.kept):
                known.kept.asked += 1
                self.transport.writelines((known.head, self.listener.date, known.body))
                return
        if self.server:
            self.hand_over(data)
            return
        self.held += data
        self.go_on()

    def go_on(self):
        while self.held and not self.waits:
            head, end, rest = self.held.partition(b"\r\n\r\n")
            if not end and len(head) <= LONGEST_HEAD:
                return
            self.held, self.heard = rest, self.listener.now
            if is_too_long(head):
                self.refuse(431)
            else:
                self.answer(head + end)

    def answer(self, head: bytes):
        plain = SAID_IN_VAIN.sub(b"", head)
        if (known := self.known.get(plain)) and self.store.is_current(known.kept):
            known.kept.asked += 1
            self.send(known.head, known.body)
            return
        try:
            request = Request(plain)
            environ = request.environ(self) if request.may_be_stored else None
            question = environ and self.store.question(environ)
            kept = question and (self.store.find(question) or self.store.found_in_need(question))
            if kept and self.store.is_current(kept):
                answer = kept.answer(environ)
                self.send(answer.head, answer.body, request.is_last)
                if not request.is_last and len(plain) <= LONGEST_KNOWN:
                    self.listener.learn(plain, Known(kept, answer.head, answer.body))
                return
            if kept and self.store.is_last_resort(kept):
                answer = kept.late_answer(environ)
                self.send(answer.head, answer.body, request.is_last)
                return
            # The site itself may want to hear every word.
            request = Request(head)
        except httptools.HttpParserError:
            self.refuse(400)
            return
        if PEER in request.names:
            self.refuse(400)
        elif question:
            self.make(question, request, self.listener.renewers if kept else self.listener.makers)
        else:
            self.pass_on(request)

    def make(self, question: Question, request: Request, makers: ThreadPoolExecutor):
        self.wait()
        making = self.listener.loop.run_in_executor(makers, ask, self.store, question, request.environ(self))
        making.add_done_callback(lambda made: self.made(made, request))

    def made(self, made: asyncio.Future, request: Request):
        """The store has an answer now, or it failed to, and the server behind may say why."""
        if self.transport.is_closing():
            made.exception()
        elif error := made.exception():
            log.error("The page store could not answer %s", request.url.decode(), exc_info=error)
            self.pass_on(request)
        else:
            answer = made.result()
            self.send(answer.head, answer.body, request.is_last)
            self.proceed()

    def send(self, head: bytes, body: bytes, is_last: bool = False):
        if is_last:
            head += b"Connection: close\r\n"
        self.transport.writelines((head, self.listener.date, body))
        if is_last:
            self.end()

    def refuse(self, status: int):
        self.transport.write(REFUSED[status])
        self.waits, self.held = self.waits + 1, b""
        self.hear_out()

    def end(self):
        self.waits, self.held = self.waits + 1, b""
        self.transport.close()

    def hear_out(self):
        """End the answer, and let who still speaks come to an end."""
        if self.is_at_end or self.transport.is_closing():
            self.transport.close()
        else:
            self.is_answered, self.heard = True, self.listener.now
            self.transport.write_eof()
            self.transport.resume_reading()

    # One request at a time, and no more in memory than a client takes

    def wait(self):
        self.waits += 1
        self.transport.pause_reading()

    def proceed(self):
        self.waits -= 1
        if self.waits or self.transport.is_closing():
            return
        self.transport.resume_reading()
        self.go_on()
        if self.is_at_end and not self.waits:
            self.end()

    def pause_writing(self):
        if self.server:
            self.server.transport.pause_reading()
        else:
            self.wait()

    def resume_writing(self):
        if self.server:
            self.server.transport.resume_reading()
        else:
            self.proceed()

    def eof_received(self) -> bool:
        """Who says no more may still want to hear the answer, unless the question was not whole."""
        self.is_at_end = True
        return bool(self.waits) and not self.is_answered and not self.is_sending

    def pass_on(self, request: Request):
        self.wait()
        # The loop itself would not keep it.
        self.opening = self.listener.loop.create_task(self.open_passage(request))

    async def open_passage(self, request: Request):
        try:
            _transport, passage = await self.listener.loop.create_unix_connection(
                lambda: Passage(self), self.listener.path
            )
        except OSError:
            log.exception("The server behind does not answer")
            self.refuse(503)
            return
        if self.transport.is_closing():
            passage.transport.abort()
            return
        self.passed, self.server = request, passage
        held, self.held = self.held, b""
        self.hand_over(held, request.to_pass_on(self.peer))
        self.transport.resume_reading()

    def hand_over(self, data: bytes, head: bytes = b""):
        # What comes after the request is answered by nobody. To say it to a server that has answered and hung up would
        # lose the answer, where it is not read yet.
        if self.passed.is_complete:
            data = b""
        # In one piece: after a head alone the server behind may answer and hang up before the rest is there.
        self.server.transport.write(head + data)
        # What is wrong with a body the server behind says; it is not known then where it ends.
        with suppress(httptools.HttpParserError):
            self.passed.follow(data)

    @property
    def is_sending(self) -> bool:
        """Whether the server behind waits for more of the request."""
        return self.server is not None and not self.passed.is_complete

    def look_after(self):
        """End what is stuck, and what nobody uses; how long the server behind takes is its own affair."""
        left = self.transport.get_write_buffer_size()
        if left != self.left:
            self.left, self.heard = left, self.listener.now
        elif left or self.is_answered or not self.waits or (self.is_sending and self.transport.is_reading()):
            patience = SECONDS_STUCK if left or self.held or self.is_sending else SECONDS_IDLE
            if self.is_answered and not left:
                patience = SECONDS_TO_END
            if self.listener.now - self.heard > patience:
                self.transport.abort()


class Passage(asyncio.Protocol):
    """The connection to the server behind for one request; what either says is handed to the other as it comes."""

    def __init__(self, client: Connection):
        self.client, self.transport, self.has_answered = client, None, False

    def connection_made(self, transport):
        self.transport = transport

    def data_received(self, data: bytes):
        self.has_answered, self.client.heard = True, self.client.listener.now
        self.client.transport.write(data)

    def connection_lost(self, error):
        if self.has_answered or self.client.transport.is_closing():
            self.client.hear_out()
        else:
            self.client.refuse(502)

    def pause_writing(self):
        self.client.transport.pause_reading()

    def resume_writing(self):
        self.client.transport.resume_reading()


def ask(store, question: Question, environ: dict) -> Answer:
    """Have the store make a page, or the site answer for itself."""
    said = []
    answer = store.answer(question, environ, lambda status, headers, error=None: said.extend((status, headers)))
    try:
        body = b"".join(answer)
    finally:
        if hasattr(answer, "close"):
            answer.close()
    status, headers = said
    if environ["REQUEST_METHOD"] == "HEAD":
        # Django leaves it to the server to send no body.
        body = b""
    elif not any(name.lower() == "content-length" for name, _value in headers) and not status.startswith("304"):
        headers = [*headers, ("Content-Length", str(len(body)))]
    return answer_of(status, headers, body)


def room_for_connections() -> int:
    """How many this process may have; it is allowed as many open files as that takes, where the system lets it."""
    wanted = MOST_CONNECTIONS * FILES_A_CONNECTION
    allowed, at_most = resource.getrlimit(resource.RLIMIT_NOFILE)
    if allowed < wanted and allowed != resource.RLIM_INFINITY:
        allowed = wanted if at_most == resource.RLIM_INFINITY else min(wanted, at_most)
        resource.setrlimit(resource.RLIMIT_NOFILE, (allowed, at_most))
    return min(MOST_CONNECTIONS, allowed // FILES_A_CONNECTION) if allowed > 0 else MOST_CONNECTIONS


class Listener(threading.Thread):
    """Listens at `host`:`port` beside the other workers, each of which does likewise (SO_REUSEPORT).

    Raises OSError where it can't. `path` is the socket of the server behind.
    """

    def __init__(self, store, host: str, port: str, path: str):
        super().__init__(name="listener", daemon=True)
        self.store, self.host, self.port, self.path = store, host, port, path
        self.known: dict[bytes, Known] = store.known
        # In the order in which they came.
        self.connections: dict[Connection, None] = {}
        self.most_connections = room_for_connections()
        self.makers = ThreadPoolExecutor(MAKERS, thread_name_prefix="listener")
        # Who asks for a page that there is an older one of waits for nobody who asks for one that there never was.
        self.renewers = ThreadPoolExecutor(MAKERS, thread_name_prefix="listener-renewer")
        self.loop = uvloop.new_event_loop()
        self.server, self.now, self.date = None, 0.0, b""
        self.gives_way = False
        self.socket = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        self.socket.bind((host, int(port)))
        Finalize(self, self.finish, exitpriority=1)

    @classmethod
    def of_this_process(cls, store) -> "Listener | None":
        """As `manage.py serve` wants it; None where it has the server itself listen."""
        told = os.environ.get(LISTEN)
        return cls(store, *told.split(" ", 2)) if told else None

    def run(self):
        try:
            self.loop.run_until_complete(self.open())
            self.loop.run_forever()
        except BaseException:
            # Another worker is started in the place of one that hears nobody.
            log.exception("The listener has ended")
            os._exit(1)

    async def open(self):
        self.tick()
        self.server = await self.loop.create_server(lambda: Connection(self), sock=self.socket, backlog=1024)

    def learn(self, plain: bytes, known: Known):
        if len(self.known) >= MOST_KNOWN:
            self.known.clear()
        self.known[plain] = known

    def take_in(self, connection: Connection):
        """Have room for whoever is new: the oldest connection that waits for nothing has to go."""
        if len(self.connections) >= self.most_connections:
            next((one for one in self.connections if not one.waits), connection).transport.abort()
        self.connections[connection] = None

    def give_way(self):
        """Let others on this processor go on once what has come is answered, not only when the system takes it away.

        Whoever is always busy is else taken off it for milliseconds, and all who ask meanwhile wait for it.
        """
        self.gives_way = True
        self.loop.call_soon(self.yield_processor)

    def yield_processor(self):
        self.gives_way = False
        os.sched_yield()

    def finish(self):
        """As the worker ends: nobody new, and what is on its way is sent to its end."""
        if self.server:
            has_left = threading.Event()
            self.loop.call_soon_threadsafe(self.leave, has_left)
            has_left.wait(SECONDS_TO_END)

    def leave(self, has_left: threading.Event):
        self.server.close()
        for connection in list(self.connections):
            if not connection.waits or connection.is_answered:
                connection.end()
        if self.connections:
            self.loop.call_later(0.02, self.leave, has_left)
        else:
            has_left.set()

    def tick(self):
        """Once a second: the date of answers, and an end to connections that are stuck."""
        self.loop.call_later(1, self.tick)
        self.now, self.date = monotonic(), f"Date: {http_date()}\r\n\r\n".encode()
        for connection in list(self.connections):
            connection.look_after()

    def behind(self, application):
        """`application` for the server behind, told of each request whose it is and where it came in."""

        def answer(environ: dict, start_response):
            environ["REMOTE_ADDR"] = environ.pop("HTTP_X_SITE_PEER", "")
            environ["SERVER_NAME"], environ["SERVER_PORT"] = self.host, self.port
            return application(environ, start_response)

        return answer
