"""Fills the record with decisions as a year of visitors would leave them, sealed in batches as they came."""

import random
from datetime import timedelta
from unittest.mock import patch

from django.db import connection
from django.utils import timezone

from consent.models import Decision, Leaf, NoticeVersion, Seal
from consent.models.seal import BATCH_SIZE
from consent.receipt_number import new_receipt

SPAN = timedelta(days=330)
RETURNING = 0.1
ACTIONS = [("accepted_all", 45), ("refused_all", 40), ("chosen", 13), ("withdrawn", 2)]
LANGUAGES = ["en"] * 4 + ["pl"] * 6
PATHS = ["/en/", "/pl/", "/en/universities/", "/pl/uczelnie/", "/en/search/?q=climate"]


class Filling:
    """Decisions `first` to `last` of the `total` that the record will hold in the end; the same ones at each run."""

    def __init__(self, total: int):
        self.total = total
        self.chance = random.Random(27560)
        self.version = NoticeVersion.objects.current()
        self.start = timezone.now() - SPAN
        self.recent: list[Decision] = []

    def run(self, first: int, last: int):
        for start in range(first, last, BATCH_SIZE):
            made = [self.decision(number) for number in range(start, min(start + BATCH_SIZE, last))]
            Decision.objects.bulk_create(made, batch_size=1000)
            self.recent = [decision for decision in made if decision.action != "withdrawn"]
            with patch("django.utils.timezone.now", return_value=made[-1].decided_at):
                Seal.objects.seal_waiting()
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE")

    def decision(self, number: int) -> Decision:
        moment = self.start + SPAN * (number / self.total)
        before = None
        if self.recent and self.chance.random() < RETURNING:
            before = self.recent.pop(self.chance.randrange(len(self.recent)))
        actions, weights = zip(*ACTIONS[: 4 if before else 3], strict=True)
        action = self.chance.choices(actions, weights)[0]
        answers = {key: self.answer(action) for key in self.version.optional_purposes}
        decision = Decision(
            receipt=before.receipt if before else new_receipt(),
            predecessor=before.digest if before else "",
            decided_at=moment,
            expires_at=moment + timedelta(days=182),
            notice=self.version,
            language=self.chance.choice(LANGUAGES),
            action=action,
            answers=self.version.answers_with_versions(answers),
            granted=",".join(sorted(key for key, granted in answers.items() if granted)),
            path=self.chance.choice(PATHS),
            has_objection_signal=action == "refused_all" and self.chance.random() < 0.2,
        )
        decision.digest = decision.leaf()
        return decision

    def answer(self, action: str) -> bool:
        return action == "accepted_all" or (action == "chosen" and self.chance.random() < 0.4)


def fill(sizes: list[int]):
    """Fill up to each of the growing `sizes`, and yield each when it is reached."""
    filling = Filling(sizes[-1])
    reached = Leaf.objects.count()
    for size in sizes:
        filling.run(reached, size)
        reached = size
        yield size
