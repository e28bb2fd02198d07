"""Room for pages in memory: so many bytes, and who is not asked for goes first."""

from collections import OrderedDict
from threading import Lock

from delivery.store.answer import Kept
from delivery.store.question import Question


class Shelf:
    """Pages by their questions, up to `limit` bytes in all."""

    def __init__(self, limit: int):
        self.limit, self.size = limit, 0
        self.kept: OrderedDict[Question, Kept] = OrderedDict()
        self.lock = Lock()

    def get(self, question: Question) -> Kept | None:
        found = self.kept.get(question)
        if found is not None:
            # No lock on the way of every visitor: each step is whole by itself.
            try:  # noqa: SIM105 (suppress would take longer than all the rest)
                self.kept.move_to_end(question)
            except KeyError:
                pass  # Put away meanwhile by another thread; it can still be handed out.
        return found

    def put(self, question: Question, kept: Kept):
        with self.lock:
            self.take(question)
            if kept.size > self.limit // 8:
                return
            self.kept[question] = kept
            self.size += kept.size
            while self.size > self.limit:
                _question, last = self.kept.popitem(last=False)
                self.size -= last.size

    def discard(self, question: Question):
        with self.lock:
            self.take(question)

    def take(self, question: Question):
        if old := self.kept.pop(question, None):
            self.size -= old.size

    def most_asked(self) -> list[tuple[Question, Kept]]:
        with self.lock:
            found = list(self.kept.items())
        return sorted(found, key=lambda pair: -pair[1].asked)
