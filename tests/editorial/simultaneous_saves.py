"""Several people save the same form repeatedly, each with a database connection of their own.

They publish, or save the same draft.
"""

from threading import Barrier, Thread
from types import SimpleNamespace

from django.contrib.auth.models import User
from django.db import connection
from django.template.response import SimpleTemplateResponse
from django.test import Client

from alliance.models import Initiative
from editorial.models import Revision
from tests.editorial.test_admin import address, filled_in
from tests.serving import PATIENCE

ROUNDS = 8


def fields_of(code: str) -> tuple[str, str]:
    return f"title_{code}", f"parts-0-title_{code}"


def save_repeatedly(code: str, item: Initiative, button: str, barrier: Barrier, outcomes: list):
    client = Client(SERVER_NAME="localhost")
    client.force_login(User.objects.get(username=code))
    for number in range(ROUNDS):
        barrier.wait()
        # Not `context` of the test client, which mixes the threads.
        values = filled_in(SimpleNamespace(context=client.get(address(item)).context_data))
        barrier.wait()
        texts = dict.fromkeys(fields_of(code), f"{code} {number}")
        response = client.post(address(item), values | texts | {button: ""})
        outcomes.append((code, response.status_code))
    connection.close()


def run(*codes: str):
    """Save texts of a different language in each thread. Print the statuses and the stored texts."""
    item, outcomes = Initiative.objects.get(key="campus"), save_at_once("_save", *codes)
    item.refresh_from_db()
    part = item.parts.first()
    stored = [(getattr(item, f"title_{code}"), getattr(part, f"title_{code}")) for code in codes]
    print(sorted({status for _code, status in outcomes}), len(outcomes), stored)


def run_with_drafts(*codes: str):
    """Save drafts instead. Print the statuses and the texts of the draft."""
    item, outcomes = Initiative.objects.get(key="campus"), save_at_once("_draft", *codes)
    data = Revision.objects.draft_of(item).data
    part = f"initiative_parts.{item.parts.first().pk}"
    drafted = [(data[""][f"title_{code}"], data[part][f"title_{code}"]) for code in codes]
    print(sorted({status for _code, status in outcomes}), len(outcomes), drafted)


def save_at_once(button: str, *codes: str) -> list:
    # Forms without HTML, whose making takes most of the time. The values of the fields are in the context.
    SimpleTemplateResponse.rendered_content = ""
    for code in codes:
        User.objects.create_superuser(code)
    item, barrier, outcomes = Initiative.objects.get(key="campus"), Barrier(len(codes), timeout=PATIENCE), []
    threads = [Thread(target=save_repeatedly, args=(code, item, button, barrier, outcomes)) for code in codes]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return outcomes
