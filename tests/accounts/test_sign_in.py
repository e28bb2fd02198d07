"""Wrong passwords are limited for each address and account, and nobody can lock another person's account."""

import re
import threading
import time

import pytest
from django.contrib.auth.backends import ModelBackend
from django.test import Client, RequestFactory

from accounts.backends import ACCOUNT, ADDRESS, HASHING, PasswordBackend, SignInRefusedError
from security.proxies import parse_proxies

pytestmark = [pytest.mark.django_db, pytest.mark.once]
PASSWORD = "a-long-pass-phrase"


@pytest.fixture
def sign_in():
    """A function that posts the sign-in form from an address."""

    def post(name: str, password: str = "wrong", address: str = "198.51.100.7", **headers):
        browser = Client(REMOTE_ADDR=address)
        return browser.post("/admin/login/", {"username": name, "password": password}, headers=headers)

    return post


@pytest.fixture
def anna(staff):
    user = staff()
    user.username = "anna"
    user.save()
    return user


def test_after_five_wrong_passwords_an_account_is_refused_to_that_address(sign_in, anna):
    for _ in range(ACCOUNT.limit):
        assert sign_in("anna").status_code == 200
    refused = sign_in("anna", PASSWORD)
    assert refused.status_code == 429
    assert 0 < int(refused["Retry-After"]) <= 900
    assert "Wait a quarter of an hour" in refused.content.decode()


def test_wrong_passwords_from_another_address_do_not_lock_an_account(sign_in, anna):
    for _ in range(20):
        sign_in("anna", address="203.0.113.66")
    assert sign_in("anna", PASSWORD).status_code == 302


def test_other_spellings_of_a_name_count_for_the_same_account(sign_in, anna):
    for name in ("anna", "Anna", "ANNA", "\uff41nna", "anna"):
        sign_in(name)
    assert sign_in("anna", PASSWORD).status_code == 429


def test_one_address_is_limited_for_all_names_together(sign_in, anna):
    for number in range(ADDRESS.limit):
        assert sign_in(f"name-{number}").status_code == 200
    assert sign_in("another").status_code == 429
    assert sign_in("anna", PASSWORD).status_code == 429
    assert sign_in("anna", PASSWORD, address="198.51.100.8").status_code == 302


def test_the_addresses_of_one_ipv6_network_count_as_one(sign_in, anna):
    for number in range(ADDRESS.limit):
        sign_in(f"name-{number}", address=f"2001:db8:1:2::{number:x}")
    assert sign_in("anna", PASSWORD, address="2001:db8:1:2:ffff::1").status_code == 429
    assert sign_in("anna", PASSWORD, address="2001:db8:1:3::1").status_code == 302


def test_the_right_password_resets_the_count_of_its_account_only(sign_in, anna):
    for _round in range(3):
        for _ in range(4):
            sign_in("anna")
        assert sign_in("anna", PASSWORD).status_code == 302
    assert ADDRESS.count("198.51.100.7") == 12


def test_staff_behind_one_address_sign_in_as_often_as_they_like(sign_in, anna):
    for _ in range(ADDRESS.limit + 5):
        assert sign_in("anna", PASSWORD).status_code == 302


def test_a_forged_address_in_a_header_does_not_avoid_the_limit(sign_in, settings, anna):
    settings.TRUSTED_PROXIES = parse_proxies(["127.0.0.1"])
    for number in range(6):
        sign_in("anna", **{"x-forwarded-for": f"203.0.113.{number}"})
    assert sign_in("anna", PASSWORD).status_code == 429
    for number in range(6):
        sign_in("anna", address="127.0.0.1", **{"x-forwarded-for": f"203.0.113.{number}, 192.0.2.50"})
    refused = sign_in("anna", PASSWORD, address="127.0.0.1", **{"x-forwarded-for": "192.0.2.50"})
    assert refused.status_code == 429


def test_when_the_queue_is_full_the_password_does_not_count_as_wrong(sign_in, anna, monkeypatch):
    monkeypatch.setattr(HASHING, "max_waiting", 0)
    with HASHING.slot():
        answer = sign_in("anna", PASSWORD)
    assert (answer.status_code, answer["Retry-After"]) == (503, "5")
    assert "Your password was not checked" in answer.content.decode()
    assert PASSWORD not in answer.content.decode()
    assert ACCOUNT.count("198.51.100.7", "anna") == ADDRESS.count("198.51.100.7") == 0


def test_a_process_hashes_one_password_at_a_time(monkeypatch):
    active, max_active, outcomes = [0], [0], []
    lock = threading.Lock()

    def check(self, request, *args, **kwargs):
        with lock:
            active[0] += 1
            max_active[0] = max(max_active[0], active[0])
        time.sleep(0.02)
        with lock:
            active[0] -= 1

    def attempt(number: int):
        request = RequestFactory(REMOTE_ADDR=f"198.51.100.{number}").get("/")
        try:
            outcomes.append(PasswordBackend().authenticate(request, f"name-{number}", "wrong"))
        except SignInRefusedError as error:
            outcomes.append(error.status)

    monkeypatch.setattr(ModelBackend, "authenticate", check)
    threads = [threading.Thread(target=attempt, args=(number,)) for number in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert max_active[0] == 1
    assert len(outcomes) == 20 and set(outcomes) == {None, 503}


def test_failed_sign_ins_are_logged_without_name_password_and_address(sign_in, caplog):
    caplog.set_level("INFO")
    for _ in range(7):
        sign_in("secretly-a-password", address="198.51.100.7")
    assert "A sign-in failed." in caplog.messages
    assert any("too many wrong passwords for one account" in message for message in caplog.messages)
    assert not re.search(r"secretly|wrong\b(?! passwords)|198\.51", caplog.text)
