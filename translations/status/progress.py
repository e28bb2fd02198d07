"""How far the translations of the site are: for each language, as a whole and for each kind of content."""

from collections import Counter, defaultdict
from dataclasses import dataclass, field

from django.db.models import Model

from translations.status.models import TARGET_LANGUAGES, Translation


@dataclass
class Share:
    """Some texts in one language."""

    texts: Counter = field(default_factory=Counter)
    words_to_do: int = 0
    # The key of a text that is to do.
    first_open: int | None = None

    @property
    def total(self) -> int:
        return self.texts.total()

    @property
    def open(self) -> int:
        return self.total - self.texts[Translation.Status.CURRENT]

    @property
    def percent(self) -> int:
        """Of all texts; 100 only when nothing is to do."""
        return 100 * (self.total - self.open) // self.total if self.total else 100

    def add(self, row: dict):
        self.texts[row["status"]] += row["texts"]
        if row["status"] != Translation.Status.CURRENT:
            self.words_to_do += row["all_words"]
            self.first_open = min(self.first_open or row["first"], row["first"])


class Progress:
    """The shares of each language in the texts of `models`, read from the database in one query."""

    def __init__(self, models: list[type[Model]]):
        self.languages = {code: Share() for code in TARGET_LANGUAGES}
        self.kinds: dict[type[Model], dict[str, Share]] = {}
        shares = defaultdict(Share)
        labels = [model._meta.label_lower for model in models]
        for row in Translation.objects.filter(model__in=labels).figures():
            self.languages[row["language"]].add(row)
            shares[row["model"], row["language"]].add(row)
        for model in models:
            of_model = {code: shares[model._meta.label_lower, code] for code in TARGET_LANGUAGES}
            if any(share.total for share in of_model.values()):
                self.kinds[model] = of_model
