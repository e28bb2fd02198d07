"""Turns: few threads do costly work at a time, a bounded number waits, the rest is refused."""

import threading
from bisect import insort
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count


class NoTurnError(Exception):
    """Too many wait already, or the wait was too long."""


class Waiter:
    """A thread that waits for its turn."""

    def __init__(self, place: tuple[int, int]):
        self.place = place
        self.called, self.has_turn = threading.Event(), False

    def __lt__(self, other: "Waiter") -> bool:
        return self.place < other.place


class Turns:
    """At most `at_once` turns at a time and `waiting` threads that wait, each for `seconds`.

    The waiting thread with the smallest `burden` is next. When too many wait, the one with the largest is refused.
    """

    def __init__(self, at_once: int, waiting: int, seconds: float):
        self.lock, self.free = threading.Lock(), at_once
        self.most, self.seconds = waiting, seconds
        self.waiters: list[Waiter] = []
        self.numbers = count()

    @contextmanager
    def turn(self, burden: int = 0) -> Iterator[None]:
        """Hold a turn. Raises NoTurnError."""
        self._take(burden)
        try:
            yield
        finally:
            self._pass_on()

    def _take(self, burden: int):
        with self.lock:
            if self.free:
                self.free -= 1
                return
            own = Waiter((burden, next(self.numbers)))
            insort(self.waiters, own)
            if len(self.waiters) > self.most:
                self.waiters.pop().called.set()
        own.called.wait(self.seconds)
        with self.lock:
            if own.has_turn:
                return
            if own in self.waiters:
                self.waiters.remove(own)
        raise NoTurnError

    def _pass_on(self):
        with self.lock:
            if self.waiters:
                following = self.waiters.pop(0)
                following.has_turn = True
                following.called.set()
            else:
                self.free += 1
