"""A semaphore with a bounded priority queue, for work that keeps a processor busy."""

import threading
from bisect import insort
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count


class BusyError(Exception):
    """The queue is full, or the wait was too long."""


class Waiter:
    """A thread in the queue. The one with the smallest `rank` is next."""

    def __init__(self, rank: tuple[int, int]):
        self.rank = rank
        self.woken, self.has_slot = threading.Event(), False


class PrioritySemaphore:
    """At most `limit` threads at work, and `max_waiting` threads in the queue, each for `timeout` seconds.

    The waiting thread with the smallest `cost` is next. When the queue is full, the one with the largest is refused.
    """

    def __init__(self, limit: int, max_waiting: int, timeout: float):
        self.lock, self.free = threading.Lock(), limit
        self.max_waiting, self.timeout = max_waiting, timeout
        self.waiters: list[Waiter] = []
        self.numbers = count()

    @contextmanager
    def slot(self, cost: int = 0) -> Iterator[None]:
        """Hold one of the slots. Raises BusyError."""
        self._acquire(cost)
        try:
            yield
        finally:
            self._release()

    def _acquire(self, cost: int) -> None:
        with self.lock:
            if self.free:
                self.free -= 1
                return
            own = Waiter((cost, next(self.numbers)))
            insort(self.waiters, own, key=lambda waiter: waiter.rank)
            if len(self.waiters) > self.max_waiting:
                self.waiters.pop().woken.set()
        own.woken.wait(self.timeout)
        with self.lock:
            if own.has_slot:
                return
            if own in self.waiters:
                self.waiters.remove(own)
        raise BusyError

    def _release(self) -> None:
        with self.lock:
            if self.waiters:
                following = self.waiters.pop(0)
                following.has_slot = True
                following.woken.set()
            else:
                self.free += 1
