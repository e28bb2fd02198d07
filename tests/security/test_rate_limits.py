"""Rate limits count clients in memory, under a key that changes."""

import pytest

from security import rate_limits
from security.rate_limits import RateLimit

pytestmark = pytest.mark.once


@pytest.fixture
def clock(monkeypatch):
    now = [1000.0]
    monkeypatch.setattr(rate_limits.time, "monotonic", lambda: now[0])
    return now


def test_a_client_acts_as_often_as_the_limit_says_and_others_are_not_counted_with_it(clock):
    limit = RateLimit(3, 600)
    assert [limit.take("192.0.2.1") for _ in range(5)] == [True, True, True, False, False]
    assert limit.take("192.0.2.2")
    assert limit.count("192.0.2.1") == 3


def test_when_the_time_is_over_everyone_may_act_again(clock):
    limit = RateLimit(1, 600)
    limit.take("192.0.2.1")
    clock[0] += 599
    assert not limit.take("192.0.2.1") and limit.seconds_left == 1
    clock[0] += 1
    assert limit.take("192.0.2.1") and limit.seconds_left == 600


def test_actions_can_be_taken_back(clock):
    limit = RateLimit(2, 600)
    limit.take("192.0.2.1")
    limit.take("192.0.2.1")
    limit.give_back("192.0.2.1")
    assert limit.count("192.0.2.1") == 1
    limit.forget("192.0.2.1")
    limit.give_back("192.0.2.1")
    assert limit.count("192.0.2.1") == 0


def test_no_address_is_kept_and_the_key_changes_with_the_time(clock):
    limit = RateLimit(3, 3600)
    limit.take("192.0.2.1")
    (first,) = limit.counts
    assert b"192.0.2.1" not in first
    key = limit.key
    clock[0] += 3600
    limit.take("192.0.2.1")
    assert limit.key != key and list(limit.counts) != [first]


def test_memory_is_bounded_and_the_oldest_client_is_forgotten(clock, monkeypatch):
    monkeypatch.setattr(rate_limits, "MAX_CLIENTS", 100)
    limit = RateLimit(1, 600)
    for number in range(150):
        limit.take(f"client {number}")
    assert len(limit.counts) == 100
    assert limit.take("client 0") and not limit.take("client 149")


def test_the_parts_of_a_name_do_not_run_into_each_other(clock):
    limit = RateLimit(1, 600)
    limit.take("a", "bc")
    assert limit.take("ab", "c")
