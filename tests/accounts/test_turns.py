"""Turns bound who works and who waits, and let the client with the smallest burden go first."""

import threading
import time

import pytest

from accounts.hashing import NoTurnError, Turns

pytestmark = pytest.mark.once


class Crowd:
    """Threads that each ask for a turn; the turn of the first is held until `release`."""

    def __init__(self, turns: Turns):
        self.turns, self.released = turns, threading.Event()
        self.served, self.refused, self.at_once, self.most = [], [], 0, 0
        self.lock, self.threads = threading.Lock(), []

    def ask(self, name: str, burden: int = 0):
        thread = threading.Thread(target=self._work, args=(name, burden))
        thread.start()
        self.threads.append(thread)
        time.sleep(0.03)

    def _work(self, name: str, burden: int):
        try:
            with self.turns.turn(burden):
                with self.lock:
                    self.served.append(name)
                    self.at_once += 1
                    self.most = max(self.most, self.at_once)
                self.released.wait(30)
                with self.lock:
                    self.at_once -= 1
        except NoTurnError:
            self.refused.append(name)

    def finish(self):
        self.released.set()
        for thread in self.threads:
            thread.join(30)


def test_no_more_work_at_once_than_allowed_and_all_who_wait_are_served():
    crowd = Crowd(Turns(at_once=2, waiting=4, seconds=30))
    for number in range(6):
        crowd.ask(str(number))
    assert crowd.served == ["0", "1"]
    crowd.finish()
    assert sorted(crowd.served) == list("012345") and crowd.most <= 2 and not crowd.refused


def test_the_smallest_burden_is_next():
    crowd = Crowd(Turns(at_once=1, waiting=4, seconds=30))
    crowd.ask("working")
    crowd.ask("stranger", burden=7)
    crowd.ask("colleague", burden=0)
    crowd.finish()
    assert crowd.served == ["working", "colleague", "stranger"]


def test_when_too_many_wait_the_largest_burden_is_refused_at_once():
    crowd = Crowd(Turns(at_once=1, waiting=2, seconds=30))
    crowd.ask("working")
    crowd.ask("stranger", burden=1)
    crowd.ask("stranger again", burden=2)
    crowd.ask("colleague", burden=0)
    assert crowd.refused == ["stranger again"]
    crowd.finish()
    assert crowd.served == ["working", "colleague", "stranger"]


def test_nobody_waits_longer_than_the_limit():
    crowd = Crowd(Turns(at_once=1, waiting=2, seconds=0.05))
    crowd.ask("working")
    crowd.ask("waiting")
    time.sleep(0.1)
    assert crowd.refused == ["waiting"]
    crowd.finish()
    crowd.ask("later")
    assert crowd.served == ["working", "later"]


def test_an_error_during_a_turn_gives_the_turn_back():
    turns = Turns(at_once=1, waiting=0, seconds=1)
    for _ in range(3):
        with pytest.raises(ValueError), turns.turn():
            raise ValueError
