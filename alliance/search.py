"""Search over the site's words, in the language of the reader."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from django import forms
from django.utils.html import strip_tags
from django.utils.translation import gettext_lazy as _

from alliance.models import Alliance, AudienceBenefit, Deliverable, Initiative, KeyArea, Milestone, Task
from editorial.alphabet import fold
from editorial.models import Content
from pages.models import Page
from partners.models import PartnerUniversity

MOST_RESULTS = 50


class SearchForm(forms.Form):
    q = forms.CharField(
        label=_("Search this site"),
        min_length=2,
        max_length=100,
        error_messages={
            "required": _("Write what you are looking for in the search field."),
            "min_length": _("Write at least two letters in the search field."),
            "max_length": _("Write at most 100 letters in the search field."),
        },
    )

    def __init__(self, *args, **kwargs):
        super().__init__(*args, label_suffix="", **kwargs)


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
    """Those of `entries` in which every word of `query` stands, at most MOST_RESULTS.

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

    return sorted(found, key=is_far)[:MOST_RESULTS]


def stem(word: str) -> str:
    """A word without its last vowel, which many languages change with its part in a sentence: miasto, miasta."""
    return word[:-1] if len(word) > 4 and word[-1] in "aeiouy" else word


def entries() -> Iterator[Entry]:
    """Every published page in the active language, in the order of the site."""
    lists = words_of_lists()
    for page in Page.objects.published().exclude(kind=Page.Kind.SEARCH):
        yield Entry.of(
            page, page.words["title"], page.words["description"], [page.lead, page.body, *lists.get(page.kind, [])]
        )
    for deliverable in Deliverable.objects.published():
        yield Entry.of(deliverable, deliverable.words["title"], deliverable.words["summary"], [deliverable.body])
    for initiative in Initiative.objects.published().with_parts():
        of_parts = words_of(initiative.published_parts, "title", "body")
        yield Entry.of(initiative, initiative.words["title"], initiative.words["summary"], [initiative.body, *of_parts])
    for partner in PartnerUniversity.objects.published().with_own_names():
        place = [partner.city, partner.city_local, partner.city_past, partner.country.name]
        own_names = words_of(partner.published_own_names, "name")
        texts = [partner.short_name, *place, partner.description, *own_names]
        yield Entry.of(partner, partner.words["name"], partner.words["summary"], texts)


def words_of_lists() -> dict[str, list[str]]:
    """By kind of page, the words of its list's items that have no page of their own."""
    alliances = Alliance.objects.all()
    return {
        Page.Kind.HOME: [
            *words_of(alliances, "name", "former_name", "acronym", "tagline", "introduction"),
            *words_of(KeyArea.objects.published(), "name", "description"),
        ],
        Page.Kind.VISION: [
            *words_of(alliances, "vision"),
            *words_of(AudienceBenefit.objects.published(), "audience", "benefit"),
        ],
        Page.Kind.TASKS: words_of(Task.objects.published().of_host(), "title", "body"),
        Page.Kind.MILESTONES: words_of(Milestone.objects.published(), "title", "body", "source"),
    }


def words_of(items: Iterable[Content], *names: str) -> list[str]:
    return [getattr(item, name) for item in items for name in names]
