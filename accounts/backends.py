"""Sign-in with a password, limited by address and by account, so that strangers hold nobody else off."""

import logging
import unicodedata

from django.contrib.auth import get_user_model
from django.contrib.auth.backends import ModelBackend
from django.http import HttpRequest

from accounts.hashing import NoTurnError, Turns
from security.proxies import client_network
from security.rate_limits import RateLimit

log = logging.getLogger(__name__)

QUARTER_OF_AN_HOUR = 15 * 60
# Wrong passwords from one address: over all names, and for one account. A university may have a single address. Counted
# by address, so that a stranger elsewhere cannot lock a member of staff out.
ADDRESS = RateLimit(30, QUARTER_OF_AN_HOUR)
ACCOUNT = RateLimit(5, QUARTER_OF_AN_HOUR)
# To hash a password keeps a processor busy for about half a second, and a request that waits for it holds one of the
# threads that answer: both are bounded, so that visitors' pages go on.
HASHING = Turns(at_once=1, waiting=4, seconds=10)


class SignInHeldOffError(Exception):
    """No password was tried. `status` and `retry_after` are those of the answer."""

    def __init__(self, status: int, retry_after: int):
        super().__init__(f"sign-in held off: {status}")
        self.status, self.retry_after = status, retry_after


class PasswordBackend(ModelBackend):
    """Django's backend within the limits. Raises SignInHeldOffError, which SignInMiddleware answers."""

    def authenticate(self, request: HttpRequest | None, username=None, password=None, **kwargs):
        if username is None:
            username = kwargs.get(get_user_model().USERNAME_FIELD)
        if request is None or username is None or password is None:
            return super().authenticate(request, username, password, **kwargs)
        client = client_network(request.META)
        account = (client, unicodedata.normalize("NFKC", username).casefold())
        if not ACCOUNT.take(*account):
            log.warning("A sign-in was held off: too many wrong passwords for one account from one address.")
            raise SignInHeldOffError(429, ACCOUNT.seconds_left)
        burden = ADDRESS.count(client)
        if not ADDRESS.take(client):
            ACCOUNT.give_back(*account)
            log.warning("A sign-in was held off: too many wrong passwords from one address.")
            raise SignInHeldOffError(429, ADDRESS.seconds_left)
        try:
            with HASHING.turn(burden):
                user = super().authenticate(request, username, password, **kwargs)
        except Exception as error:
            # No password was checked.
            ACCOUNT.give_back(*account)
            ADDRESS.give_back(client)
            if not isinstance(error, NoTurnError):
                raise
            log.warning("A sign-in was held off: too many wait to have their password checked.")
            raise SignInHeldOffError(503, 5) from None
        if user is None:
            log.info("A sign-in failed.")
        else:
            ACCOUNT.forget(*account)
            ADDRESS.give_back(client)
        return user
