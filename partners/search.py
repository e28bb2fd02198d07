"""Search entries of the universities."""

from collections.abc import Iterator

from partners.models import PartnerUniversity
from search.index import Entry


def entries() -> Iterator[Entry]:
    """One entry per published university, in the active language."""
    for partner in PartnerUniversity.objects.published().with_own_names():
        location = [partner.city, partner.city_local, partner.city_past, partner.country.name]
        own_names = [own_name.name for own_name in partner.published_own_names]
        texts = [partner.short_name, *location, partner.description, *own_names]
        yield Entry.of(partner, partner.translated["name"], partner.translated["summary"], texts)
