"""Search over the site's words, in the language of the reader."""

from dataclasses import dataclass

from django import forms
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from alliance.models import Deliverable, Initiative
from pages.models import Page
from partners.models import PartnerUniversity

RESULTS_A_KIND = 20
# Each kind of page that can be found, with the fields that are searched; the first names it.
SEARCHED = (
    (Page, ("title", "short_title", "description", "lead", "body"), "description"),
    (Deliverable, ("title", "summary", "body"), "summary"),
    (Initiative, ("title", "summary", "body", "parts__title", "parts__body"), "summary"),
    (PartnerUniversity, ("name", "short_name", "city", "city_local", "own_names__name", "description"), "summary"),
)


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


@dataclass
class Result:
    """One page that was found: its title, its address and what it is about."""

    title: str
    url: str
    summary: str


def find(query: str) -> list[Result]:
    """The published pages in which every word of `query` stands, in the active language or in its fallback.

    At most RESULTS_A_KIND of each kind; pages that name a word in their title first.
    """
    words = query.split()
    results = []
    for model, fields, summary in SEARCHED:
        found = model.objects.published()
        for word in words:
            found = found.filter(any_field_contains(fields, word))
        for item in found.distinct()[:RESULTS_A_KIND]:
            results.append(Result(str(getattr(item, fields[0])), item.get_absolute_url(), getattr(item, summary)))
    return sorted(results, key=lambda result: not any(word.lower() in result.title.lower() for word in words))


def any_field_contains(fields, word: str) -> Q:
    condition = Q()
    for field in fields:
        condition |= Q(**{f"{field}__icontains": word})
    return condition
