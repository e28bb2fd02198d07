"""Search over the site's words, in the language of the reader."""

import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache

from django import forms
from django.db.models import QuerySet
from django.utils.html import strip_tags
from django.utils.translation import gettext_lazy as _

from alliance.models import Alliance, AudienceBenefit, Deliverable, Initiative, InitiativePart, KeyArea, Milestone, Task
from delivery.together import Together
from pages.models import Page
from partners.models import PartnerOwnName, PartnerUniversity

MOST_RESULTS = 50
# Letters that Unicode does not take apart into a base letter and a mark.
UNDIVIDED = str.maketrans({"ł": "l", "ø": "o", "đ": "d", "ı": "i", "æ": "ae", "œ": "oe"})


class SearchForm(forms.Form):
    q = forms.CharField(
        label=_("Search this site"),
        min_length=2,
        max_length=100,
        error_messages={
            "required": _("Enter a search term."),
            "min_length": _("Enter at least two letters."),
            "max_length": _("Enter at most 100 letters."),
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


def fold(text: str) -> str:
    """`text` without capitals and accents."""
    # Taken apart first: what comes out may have capitals, and letters that Unicode does not take apart.
    folded = unicodedata.normalize("NFKD", text).casefold().translate(UNDIVIDED)
    return "".join(letter for letter in folded if not unicodedata.combining(letter))


def entries() -> Iterator[Entry]:
    """Every published page in the active language, in the order of the site."""
    pages, deliverables, initiatives, parts, partners, own_names, *of_lists = everything().read()
    names_of, parts_of = defaultdict(list), defaultdict(list)
    for own_name in own_names:
        names_of[own_name.partner_id].append(own_name.name)
    for part in parts:
        parts_of[part.initiative_id].append(part)
    lists = words_of_lists(*of_lists)
    for page in pages:
        yield Entry.of(
            page, page.words["title"], page.words["description"], [page.lead, page.body, *lists.get(page.kind, [])]
        )
    for deliverable in deliverables:
        yield Entry.of(deliverable, deliverable.words["title"], deliverable.words["summary"], [deliverable.body])
    for initiative in initiatives:
        of_parts = words_of(parts_of[initiative.pk], "title", "body")
        yield Entry.of(initiative, initiative.words["title"], initiative.words["summary"], [initiative.body, *of_parts])
    for partner in partners:
        place = [partner.city, partner.city_local, partner.city_past, partner.country.name]
        texts = [partner.short_name, *place, partner.description, *names_of[partner.pk]]
        yield Entry.of(partner, partner.words["name"], partner.words["summary"], texts)


@cache
def everything() -> Together:
    return Together(querysets())


def querysets() -> list[QuerySet]:
    """What `entries` go through."""
    return [
        Page.objects.published().exclude(kind=Page.Kind.SEARCH),
        Deliverable.objects.published(),
        Initiative.objects.published(),
        InitiativePart.objects.published(),
        PartnerUniversity.objects.published(),
        PartnerOwnName.objects.published(),
        Alliance.objects.all(),
        KeyArea.objects.published(),
        AudienceBenefit.objects.published(),
        Task.objects.published().of_host(),
        Milestone.objects.published(),
    ]


def words_of_lists(alliances, areas, benefits, tasks, milestones) -> dict[str, list[str]]:
    """By kind of page, the words of what it lists and what has no page of its own."""
    return {
        Page.Kind.HOME: [
            *words_of(alliances, "name", "former_name", "acronym", "tagline", "introduction"),
            *words_of(areas, "name", "description"),
        ],
        Page.Kind.VISION: [*words_of(alliances, "vision"), *words_of(benefits, "audience", "benefit")],
        Page.Kind.TASKS: words_of(tasks, "title", "body"),
        Page.Kind.MILESTONES: words_of(milestones, "title", "body", "source"),
    }


def words_of(items: list, *names: str) -> list[str]:
    return [getattr(item, name) for item in items for name in names]
