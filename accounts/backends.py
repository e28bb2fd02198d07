"""Sign-in with a password, limited for each client address and account."""

import logging
import unicodedata
from typing import Any

from django.contrib.auth import get_user_model
from django.contrib.auth.backends import ModelBackend
from django.contrib.auth.models import User
from django.http import HttpRequest

from accounts.semaphore import BusyError, PrioritySemaphore
from security.proxies import client_network
from security.rate_limits import RateLimit

log = logging.getLogger(__name__)

QUARTER_OF_AN_HOUR = 15 * 60
# Wrong passwords from one client address: for all names, and for one account. The first limit is higher, because a
# university may have a single address. Both count by address, so that nobody elsewhere can lock an account.
ADDRESS = RateLimit(30, QUARTER_OF_AN_HOUR)
ACCOUNT = RateLimit(5, QUARTER_OF_AN_HOUR)
# Hashing a password takes about half a second of one processor. A request that waits for it occupies one of the
# server's threads. Both are limited, so that pages for visitors stay fast.
HASHING = PrioritySemaphore(limit=1, max_waiting=4, timeout=10)


class SignInRefusedError(Exception):
    """The password was not checked. `status` and `retry_after` (seconds) are for the response."""

    def __init__(self, status: int, retry_after: int):
        super().__init__(f"sign-in refused: {status}")
        self.status, self.retry_after = status, retry_after


class PasswordBackend(ModelBackend):
    """Django's backend within the limits. Raises SignInRefusedError, which SignInMiddleware turns into a response."""

    def authenticate(
        self, request: HttpRequest | None, username: str | None = None, password: str | None = None, **kwargs: Any
    ) -> User | None:
        if username is None:
            username = kwargs.get(get_user_model().USERNAME_FIELD)
        if request is None or username is None or password is None:
            return super().authenticate(request, username, password, **kwargs)
        client = client_network(request.META)
        account = (client, unicodedata.normalize("NFKC", username).casefold())
        if not ACCOUNT.take(*account):
            log.warning("A sign-in was refused: too many wrong passwords for one account from one address.")
            raise SignInRefusedError(429, ACCOUNT.seconds_left)
        failures = ADDRESS.count(client)
        if not ADDRESS.take(client):
            ACCOUNT.give_back(*account)
            log.warning("A sign-in was refused: too many wrong passwords from one address.")
            raise SignInRefusedError(429, ADDRESS.seconds_left)
        try:
            with HASHING.slot(cost=failures):
                user = super().authenticate(request, username, password, **kwargs)
        except Exception as error:
            # The password was not checked.
            ACCOUNT.give_back(*account)
            ADDRESS.give_back(client)
            if not isinstance(error, BusyError):
                raise
            log.warning("A sign-in was refused: too many passwords wait to be checked.")
            raise SignInRefusedError(503, 5) from None
        if user is None:
            log.info("A sign-in failed.")
        else:
            ACCOUNT.forget(*account)
            ADDRESS.give_back(client)
        return user
