"""The index of the site's published pages in one language, and the search in it."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from django.utils.html import strip_tags

from editorial.alphabet import fold
from pagecache.per_version import cached_per_version

MAX_RESULTS = 50

Source = Callable[[], "Iterable[Entry]"]
sources: list[Source] = []


def register(source: Source):
    """Register a function that returns the entries of an app's published pages in the active language.

    Call it in `AppConfig.ready`.
    """
    sources.append(source)


@dataclass
class Entry:
    """A page in the index. The folded texts are in lower case without accents, for comparison."""

    url: str
    title: str
    summary: str
    folded_title: str
    folded_text: str

    @classmethod
    def of(cls, item, title: str, summary: str, texts: list[str]) -> "Entry":
        text = fold(strip_tags(" ".join([title, summary, *texts])))
        return cls(item.get_absolute_url(), title, summary, fold(title), text)


def find(query: str, entries: Iterable[Entry]) -> list[Entry]:
    """The entries that contain every word of `query`, at most MAX_RESULTS.

    The search ignores case, accents and a final vowel: "malmo" finds "Malmö", "miasto" finds "miasta". Pages with a
    word in the title come first, then pages with all words as typed. Python compares the words, because SQLite ignores
    case only in ASCII.
    """
    words = fold(query).split()
    stems = [stem(word) for word in words]
    found = [entry for entry in entries if all(word in entry.folded_text for word in stems)]

    def rank(entry: Entry) -> tuple[bool, bool]:
        is_in_title = any(word in entry.folded_title for word in words)
        return not is_in_title, not all(word in entry.folded_text for word in words)

    return sorted(found, key=rank)[:MAX_RESULTS]


def stem(word: str) -> str:
    """The word without a final vowel, which inflection changes in many languages: miasto, miasta."""
    return word[:-1] if len(word) > 4 and word[-1] in "aeiouy" else word


@cached_per_version
def entries(language: str) -> tuple[Entry, ...]:
    """The entries of all pages in `language`, which must be the active language."""
    return tuple(entry for source in sources for entry in source())
