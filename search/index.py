"""Index of the pages that can be found, and the search in it, in the language of the reader."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from django.utils.html import strip_tags

from editorial.alphabet import fold
from pagecache.per_version import cached_per_version

MAX_RESULTS = 50

Source = Callable[[], "Iterable[Entry]"]
sources: list[Source] = []


def register(source: Source):
    """Register a function that returns the entries of an app's published pages in the active language."""
    sources.append(source)


@dataclass
class Entry:
    """One page that can be found: its address, what it is called and about, and its words as they are compared."""

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
    """Those of `entries` in which every word of `query` stands, at most MAX_RESULTS.

    Capitals, accents and a last vowel make no difference, so that "malmo" finds Malmö, and "miasto" what is said of
    "miasta"; a page with a word in its title comes first, then those that have the words as they were written.
    The words are compared here and not in the database: SQLite knows the capitals of English alone.
    """
    words = fold(query).split()
    stems = [stem(word) for word in words]
    found = [entry for entry in entries if all(word in entry.folded_text for word in stems)]

    def is_far(entry: Entry) -> tuple[bool, bool]:
        in_title = any(word in entry.folded_title for word in words)
        return not in_title, not all(word in entry.folded_text for word in words)

    return sorted(found, key=is_far)[:MAX_RESULTS]


def stem(word: str) -> str:
    """A word without its last vowel, which many languages change with its part in a sentence: miasto, miasta."""
    return word[:-1] if len(word) > 4 and word[-1] in "aeiouy" else word


@cached_per_version
def entries(language: str) -> tuple[Entry, ...]:
    """Every page that can be found in `language`, which must be the active one."""
    return tuple(entry for source in sources for entry in source())
