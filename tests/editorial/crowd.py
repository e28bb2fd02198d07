"""Several people who save the same form over and over, each with a database connection of their own."""

from threading import Barrier, Thread
from types import SimpleNamespace

from django.contrib.auth.models import User
from django.db import connection
from django.test import Client

from alliance.models import Initiative
from tests.editorial.test_admin import address, filled_in
from tests.serving import PATIENCE

ROUNDS = 8


def fields_of(code: str) -> tuple[str, str]:
    return f"title_{code}", f"parts-0-title_{code}"


def save_again_and_again(code: str, item: Initiative, together: Barrier, outcomes: list):
    client = Client(SERVER_NAME="localhost")
    client.force_login(User.objects.get(username=code))
    for number in range(ROUNDS):
        together.wait()
        # Not the test client's own context, in which the threads would mix.
        values = filled_in(SimpleNamespace(context=client.get(address(item)).context_data))
        together.wait()
        response = client.post(address(item), values | dict.fromkeys(fields_of(code), f"{code} {number}"))
        outcomes.append((code, response.status_code))
    connection.close()


def gather(*codes: str):
    """Print how the saves ended that change another language each, and what is stored then."""
    for code in codes:
        User.objects.create_superuser(code)
    item, together, outcomes = Initiative.objects.get(key="campus"), Barrier(len(codes), timeout=PATIENCE), []
    threads = [Thread(target=save_again_and_again, args=(code, item, together, outcomes)) for code in codes]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    item.refresh_from_db()
    part = item.parts.first()
    stored = [(getattr(item, f"title_{code}"), getattr(part, f"title_{code}")) for code in codes]
    print(sorted({status for _code, status in outcomes}), len(outcomes), stored)
