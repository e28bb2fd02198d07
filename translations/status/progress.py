"""Translation progress by language, for all content and for each kind of content."""

from collections import Counter, defaultdict
from dataclasses import dataclass, field

from django.db.models import Model

from translations.status.fields import TARGET_LANGUAGES
from translations.status.models import Translation


@dataclass
class Share:
    """The number of texts in one language by status."""

    texts: Counter = field(default_factory=Counter)
    # Estimated words of the source texts whose translations are not current.
    words_to_do: int = 0
    # The primary key of the first translation that is not current.
    first_open: int | None = None

    @property
    def total(self) -> int:
        return self.texts.total()

    @property
    def open(self) -> int:
        return self.total - self.texts[Translation.Status.CURRENT]

    @property
    def percent(self) -> int:
        """The percentage of current texts, rounded down."""
        return 100 * (self.total - self.open) // self.total if self.total else 100

    def add(self, row: dict):
        self.texts[row["status"]] += row["texts"]
        if row["status"] != Translation.Status.CURRENT:
            self.words_to_do += row["all_words"]
            self.first_open = min(self.first_open or row["first"], row["first"])


class Progress:
    """The shares of all target languages in the texts of `models`, read in one query."""

    def __init__(self, models: list[type[Model]]):
        self.by_language = {code: Share() for code in TARGET_LANGUAGES}
        # Models without texts are left out.
        self.by_model: dict[type[Model], dict[str, Share]] = {}
        shares: dict[tuple[str, str], Share] = defaultdict(Share)
        labels = [model._meta.label_lower for model in models]
        for row in Translation.objects.filter(model__in=labels).counts():
            self.by_language[row["language"]].add(row)
            shares[row["model"], row["language"]].add(row)
        for model in models:
            by_language = {code: shares[model._meta.label_lower, code] for code in TARGET_LANGUAGES}
            if any(share.total for share in by_language.values()):
                self.by_model[model] = by_language
