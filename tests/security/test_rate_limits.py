"""Rate limits count clients in memory, under a key that changes."""

import sys

import pytest
from django.urls import get_resolver

from security import rate_limits
from security.rate_limits import RateLimit

pytestmark = pytest.mark.once


@pytest.fixture
def clock(monkeypatch):
    now = [1000.0]
    monkeypatch.setattr(rate_limits.time, "monotonic", lambda: now[0])
    return now


def test_the_limit_counts_each_client_separately(clock):
    limit = RateLimit(3, 600)
    assert [limit.take("192.0.2.1") for _ in range(5)] == [True, True, True, False, False]
    assert limit.take("192.0.2.2")
    assert limit.count("192.0.2.1") == 3


def test_a_new_window_starts_without_counts(clock):
    limit = RateLimit(1, 600)
    limit.take("192.0.2.1")
    clock[0] += 599
    assert not limit.take("192.0.2.1") and limit.seconds_left == 1
    clock[0] += 1
    assert limit.take("192.0.2.1") and limit.seconds_left == 600


def test_counts_can_be_undone(clock):
    limit = RateLimit(2, 600)
    limit.take("192.0.2.1")
    limit.take("192.0.2.1")
    limit.give_back("192.0.2.1")
    assert limit.count("192.0.2.1") == 1
    limit.forget("192.0.2.1")
    limit.give_back("192.0.2.1")
    assert limit.count("192.0.2.1") == 0


def test_addresses_are_hashed_with_a_key_that_changes_with_the_window(clock):
    limit = RateLimit(3, 3600)
    limit.take("192.0.2.1")
    (first,) = limit.counts
    assert b"192.0.2.1" not in first
    key = limit.key
    clock[0] += 3600
    limit.take("192.0.2.1")
    assert limit.key != key and list(limit.counts) != [first]


def test_memory_is_limited_and_the_oldest_client_is_dropped(clock, monkeypatch):
    monkeypatch.setattr(rate_limits, "MAX_CLIENTS", 100)
    limit = RateLimit(1, 600)
    for number in range(150):
        limit.take(f"client {number}")
    assert len(limit.counts) == 100
    assert limit.take("client 0") and not limit.take("client 149")


def test_clients_with_different_parts_are_different(clock):
    limit = RateLimit(1, 600)
    limit.take("a", "bc")
    assert limit.take("ab", "c")


@pytest.mark.parametrize("number", [1, 2])
def test_each_test_starts_without_counts(number):
    # Loads all views.
    assert get_resolver().url_patterns
    modules = [vars(module) for module in list(sys.modules.values())]
    limits = [value for module in modules for value in module.values() if isinstance(value, RateLimit)]
    assert len({id(limit) for limit in limits}) >= 5
    for limit in limits:
        assert not limit.counts
    for limit in limits:
        limit.take("192.0.2.1")
