"""Fills the record with the decisions of a year, sealed in batches."""

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


class DecisionGenerator:
    """Generator of `total` decisions, which are the same in each run."""

    def __init__(self, total: int):
        self.total = total
        self.random = random.Random(27560)
        self.version = NoticeVersion.objects.current()
        self.start = timezone.now() - SPAN
        self.recent: list[Decision] = []

    def run(self, first: int, last: int):
        for start in range(first, last, BATCH_SIZE):
            decisions = [self.decision(number) for number in range(start, min(start + BATCH_SIZE, last))]
            Decision.objects.bulk_create(decisions, batch_size=1000)
            self.recent = [decision for decision in decisions if decision.action != "withdrawn"]
            with patch("django.utils.timezone.now", return_value=decisions[-1].decided_at):
                Seal.objects.seal_waiting()
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE")

    def decision(self, number: int) -> Decision:
        decided_at = self.start + SPAN * (number / self.total)
        before = None
        if self.recent and self.random.random() < RETURNING:
            before = self.recent.pop(self.random.randrange(len(self.recent)))
        actions, weights = zip(*ACTIONS[: 4 if before else 3], strict=True)
        action = self.random.choices(actions, weights)[0]
        answers = {key: self.answer(action) for key in self.version.optional_providers}
        decision = Decision(
            receipt=before.receipt if before else new_receipt(),
            predecessor=before.digest if before else "",
            decided_at=decided_at,
            expires_at=decided_at + timedelta(days=182),
            notice=self.version,
            language=self.random.choice(LANGUAGES),
            action=action,
            answers=self.version.answers_with_versions(answers),
            granted=",".join(sorted(key for key, granted in answers.items() if granted)),
            path=self.random.choice(PATHS),
            has_objection_signal=action == "refused_all" and self.random.random() < 0.2,
        )
        decision.digest = decision.leaf()
        return decision

    def answer(self, action: str) -> bool:
        return action == "accepted_all" or (action == "chosen" and self.random.random() < 0.4)


def fill(sizes: list[int]):
    """Fill the record up to each of the growing `sizes`, and yield each size."""
    generator = DecisionGenerator(sizes[-1])
    reached = Leaf.objects.filter(kind=Leaf.KINDS[Decision]).count()
    for size in sizes:
        generator.run(reached, size)
        reached = size
        yield size
