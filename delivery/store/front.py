"""The WSGI application that stands before Django and answers what it has."""

import logging
import threading
import time
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

from delivery.store.answer import ALWAYS, UNKNOWN, Kept, Rendering
from delivery.store.build import build
from delivery.store.disk import Disk
from delivery.store.question import Question, question_of
from delivery.store.shelf import Shelf
from delivery.store.watcher import Watcher

log = logging.getLogger(__name__)

VARY = "Accept-Encoding, Cookie, Sec-GPC, DNT"
# So long a visitor waits for a page to be made anew before the last good one is sent instead.
PATIENCE = 1.0
# So long a page that could not be made is not tried again while there is a last good one.
SECONDS_AFTER_A_FAULT = 5
# The share of the memory for what visitors could make up thousands of: answers to a query, odd hosts and ports.
SHARE_OF_THE_ODD = 8


class PageStore:
    """Answers from memory where it can; asks `application`, once for all who wait, where it can't.

    `rule_type` says in which variants pages come (consent.variants.Rule); the project hands it in.
    """

    def __init__(self, application, rule_type, folder: Path, limit: int):
        self.application, self.rule_type = application, rule_type
        self.pages, self.odd = Shelf(limit - limit // SHARE_OF_THE_ODD), Shelf(limit // SHARE_OF_THE_ODD)
        self.disk, self.build = Disk(folder, limit), build()
        # None until the database was asked for the first time, ever.
        self.rule = None
        # The generation of which pages are handed out without a question; None while the database can't be asked.
        self.confirmed: str | None = None
        self.seen: str | None = None
        self.is_away = False
        self.server_port = ""
        # What the listener makes of requests that it knows word by word. Forgotten whenever a page comes or goes, so
        # that it keeps none alive.
        self.known: dict[bytes, tuple] = {}
        self.flights: dict[Question, Future] = {}
        self.lock = threading.Lock()
        self.makers = ThreadPoolExecutor(2, thread_name_prefix="page-store")
        # The disk may be slow.
        self.writers = ThreadPoolExecutor(1, thread_name_prefix="page-store-disk")
        self.moved = threading.Event()
        self.recall()

    def start(self) -> "PageStore":
        """Begin to look for changes and to make the most asked pages anew after each."""
        Watcher(self).start()
        threading.Thread(target=self.keep_warm, name="page-store-warmer", daemon=True).start()
        return self

    def recall(self):
        """Take up what an earlier process left on disk."""
        try:
            state = self.disk.read_state()
            self.rule, self.server_port = self.rule_type.from_json(state["rule"]), state["server_port"]
        except (FileNotFoundError, ValueError, KeyError, TypeError):
            # There is none, or not as this program writes it: nobody can tell any more which page is whose.
            return
        for question, kept in self.disk.read():
            self.take_up(question, kept)

    def take_up(self, question: Question, kept: Kept) -> Kept:
        if kept.build != self.build:
            kept.generation = UNKNOWN
        self.shelf(question).put(question, kept)
        # Others may have had to go for it.
        self.known.clear()
        return kept

    # What visitors ask

    def __call__(self, environ: dict, start_response):
        question = self.question(environ)
        if question is None:
            return self.application(environ, start_response)
        return self.answer(question, environ, start_response)

    def question(self, environ: dict) -> Question | None:
        """What a request asks, or None where the site itself is to answer."""
        return question_of(environ, self.rule) if self.rule else None

    def find(self, question: Question) -> Kept | None:
        """The page in memory, current or not."""
        return self.pages.get(question) or self.odd.get(question)

    def answer(self, question: Question, environ: dict, start_response):
        """Answer `environ`, which asks `question`, with a page that is here, or that is made for it."""
        if not self.server_port:
            self.server_port = environ["SERVER_PORT"]
        kept = self.find(question) or self.made_elsewhere(question)
        if kept is None:
            return self.answer_first(question, environ, start_response)
        if self.is_current(kept):
            return kept.answer(environ).send(start_response)
        return self.answer_again(question, kept, environ, start_response)

    def is_current(self, kept: Kept) -> bool:
        return kept.generation == self.confirmed or kept.generation == ALWAYS

    def is_last_resort(self, kept: Kept) -> bool:
        """Whether a page that may be outdated is all that there is to be had now."""
        return self.is_away or time.monotonic() < kept.retry_at

    def made_elsewhere(self, question: Question) -> Kept | None:
        """The page as another process of this site left it on disk: with the database away, the only one there is."""
        kept = self.disk.find(question)
        return kept and self.take_up(question, kept)

    def found_in_need(self, question: Question) -> Kept | None:
        """While the database is away, the page as it lies on disk: looked for before anybody waits for anything."""
        return self.made_elsewhere(question) if self.is_away else None

    def answer_first(self, question: Question, environ: dict, start_response):
        """Answer with a page that is not here: whoever asks meanwhile waits for the same making of it."""
        flight, is_leader = self.flight(question)
        if is_leader:
            self.fly(question, flight)
        return self.hand_over(flight.result(), question, environ, start_response)

    def answer_again(self, question: Question, kept: Kept, environ: dict, start_response):
        """Answer with a page that may be outdated: the first who asks has it made anew, others get it as it is."""
        if self.is_last_resort(kept):
            return kept.late_answer(environ).send(start_response)
        flight, is_leader = self.flight(question)
        if is_leader:
            self.makers.submit(self.fly, question, flight)
        made = None
        if is_leader or kept.build != self.build:
            try:
                made = flight.result(PATIENCE)
            except TimeoutError:
                log.warning("%s took longer than %s s; the last good page was sent", question.path, PATIENCE)
        if made is None or (isinstance(made, Rendering) and made.code >= 500):
            return kept.late_answer(environ).send(start_response)
        return self.hand_over(made, question, environ, start_response)

    def hand_over(self, made: "Kept | Rendering | None", question: Question, environ: dict, start_response):
        """Send what was made for all who asked the same, or have this one request answered for itself."""
        if isinstance(made, Kept):
            return made.answer(environ).send(start_response)
        if made is None or made.header("set-cookie") or environ["QUERY_STRING"] != question.query:
            return self.application(environ, start_response)
        start_response(made.status, made.headers)
        return [made.body] if environ["REQUEST_METHOD"] == "GET" else []

    # Making pages

    def flight(self, question: Question) -> tuple[Future, bool]:
        """The making of a page that is under way, or a new one; and whether it is new, and so the caller's to begin."""
        with self.lock:
            if question in self.flights:
                return self.flights[question], False
            self.flights[question] = Future()
            return self.flights[question], True

    def fly(self, question: Question, flight: Future):
        try:
            flight.set_result(self.make(question))
        except BaseException as error:
            flight.set_exception(error)
        finally:
            with self.lock:
                del self.flights[question]

    def make(self, question: Question) -> "Kept | Rendering | None":
        """Have the site answer `question`, and keep the page. None where it is outdated itself."""
        # Known before the site reads its database, so that a page is never taken for newer than it is.
        generation = UNKNOWN if self.confirmed is None else self.confirmed
        if question.is_static:
            generation = ALWAYS
        headers = {} if question.is_static else self.rule.request_headers(question.variant)
        if headers is None:
            self.forget(question)
            return None
        rendering = self.ask_site(question.request(headers))
        if rendering.may_be_kept:
            kept = Kept.of(rendering, "Accept-Encoding" if question.is_static else VARY, generation, self.build)
            self.shelf(question).put(question, kept)
            self.known.clear()
            if not question.is_static:
                self.writers.submit(self.write, question, kept)
            return kept
        if rendering.code < 500:
            self.forget(question)
        elif old := self.shelf(question).kept.get(question):
            old.retry_at = time.monotonic() + SECONDS_AFTER_A_FAULT
        return rendering

    def ask_site(self, environ: dict) -> Rendering:
        heard = []
        answer = self.application(environ, lambda status, headers, error=None: heard.extend((status, headers)))
        try:
            body = b"".join(answer)
        finally:
            if hasattr(answer, "close"):
                answer.close()
        return Rendering(*heard, body)

    def shelf(self, question: Question) -> Shelf:
        return self.pages if question.is_foreseeable(self.server_port) else self.odd

    def forget(self, question: Question):
        """Put away what is no page any more, or is for nobody."""
        shelf = self.shelf(question)
        if question in shelf.kept:
            shelf.discard(question)
            self.known.clear()
            self.writers.submit(self.disk.discard, question)

    def write(self, question: Question, kept: Kept):
        try:
            self.disk.write(question, kept)
        except OSError as error:
            # The page is in memory; only the next process will lack it.
            log.warning("A page could not be written to %s: %s", self.disk.folder, error)

    # What the watcher says

    def confirm(self, generation: str):
        """The database holds `generation`."""
        is_new, was_away = generation != self.seen, self.is_away
        if is_new:
            self.rule = self.rule_type.in_force()
            self.seen = generation
            self.known.clear()
            self.writers.submit(self.write_state, {"rule": self.rule.as_json(), "server_port": self.server_port})
        self.confirmed, self.is_away = generation, False
        if is_new or was_away:
            # Last: the warmer, who may have stopped half-way, looks at once at what is confirmed.
            self.moved.set()

    def lose_sight(self, error: Exception):
        """The database can't be asked: what is here stays good until it can."""
        if not self.is_away:
            log.warning("The database can't be asked; pages are sent as they were last: %s", error)
        self.confirmed, self.is_away = None, True

    def write_state(self, state: dict):
        try:
            self.disk.write_state(state)
        except OSError as error:
            log.warning("The state of the page store could not be written to %s: %s", self.disk.folder, error)

    def keep_warm(self):
        """After each change, make anew what was asked for since the last one, the most asked first."""
        while True:
            self.moved.wait()
            self.moved.clear()
            for shelf in (self.pages, self.odd):
                for question, kept in shelf.most_asked():
                    if self.moved.is_set() or self.is_away:
                        break
                    if kept.asked and kept.generation not in (self.confirmed, ALWAYS):
                        self.warm(question)
                    kept.asked //= 2

    def warm(self, question: Question):
        flight, is_leader = self.flight(question)
        if not is_leader:
            return
        started = time.monotonic()
        try:
            self.fly(question, flight)
            flight.result()
        except Exception:
            log.exception("%s could not be made anew", question.path)
        # Half of the time is left to visitors.
        time.sleep(time.monotonic() - started)
