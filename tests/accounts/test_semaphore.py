"""The semaphore limits how many threads work and wait, and serves the smallest cost first."""

import threading
import time

import pytest

from accounts.semaphore import BusyError, PrioritySemaphore

pytestmark = pytest.mark.once


class Workers:
    """Threads that each ask for a slot. Those that get one hold it until `finish`."""

    def __init__(self, semaphore: PrioritySemaphore):
        self.semaphore, self.released = semaphore, threading.Event()
        self.served, self.refused, self.active, self.max_active = [], [], 0, 0
        self.lock, self.threads = threading.Lock(), []

    def start(self, name: str, cost: int = 0):
        thread = threading.Thread(target=self._work, args=(name, cost))
        thread.start()
        self.threads.append(thread)
        time.sleep(0.03)

    def _work(self, name: str, cost: int):
        try:
            with self.semaphore.slot(cost):
                with self.lock:
                    self.served.append(name)
                    self.active += 1
                    self.max_active = max(self.max_active, self.active)
                self.released.wait(30)
                with self.lock:
                    self.active -= 1
        except BusyError:
            self.refused.append(name)

    def finish(self):
        self.released.set()
        for thread in self.threads:
            thread.join(30)


def test_no_more_threads_work_than_allowed_and_all_in_the_queue_are_served():
    workers = Workers(PrioritySemaphore(limit=2, max_waiting=4, timeout=30))
    for number in range(6):
        workers.start(str(number))
    assert workers.served == ["0", "1"]
    workers.finish()
    assert sorted(workers.served) == list("012345") and workers.max_active <= 2 and not workers.refused


def test_the_smallest_cost_is_next():
    workers = Workers(PrioritySemaphore(limit=1, max_waiting=4, timeout=30))
    workers.start("working")
    workers.start("stranger", cost=7)
    workers.start("colleague", cost=0)
    workers.finish()
    assert workers.served == ["working", "colleague", "stranger"]


def test_when_the_queue_is_full_the_largest_cost_is_refused_at_once():
    workers = Workers(PrioritySemaphore(limit=1, max_waiting=2, timeout=30))
    workers.start("working")
    workers.start("stranger", cost=1)
    workers.start("stranger again", cost=2)
    workers.start("colleague", cost=0)
    assert workers.refused == ["stranger again"]
    workers.finish()
    assert workers.served == ["working", "colleague", "stranger"]


def test_no_thread_waits_longer_than_the_timeout():
    workers = Workers(PrioritySemaphore(limit=1, max_waiting=2, timeout=0.05))
    workers.start("working")
    workers.start("waiting")
    time.sleep(0.1)
    assert workers.refused == ["waiting"]
    workers.finish()
    workers.start("later")
    assert workers.served == ["working", "later"]


def test_an_error_releases_the_slot():
    semaphore = PrioritySemaphore(limit=1, max_waiting=0, timeout=1)
    for _ in range(3):
        with pytest.raises(ValueError), semaphore.slot():
            raise ValueError
