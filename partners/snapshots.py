"""What pages show of the universities, kept until the content changes."""

from django.http import HttpRequest
from django.utils.translation import get_language

from delivery.shared import shared
from delivery.snapshot import snapshot
from editorial.alphabet import sort_key
from partners.models import PartnerUniversity


@shared
def universities():
    """The first of those that belong to the alliance now, as the cloth and the map show them."""
    return PartnerUniversity.objects.published().for_map()


@shared
def one_of_each_country():
    return PartnerUniversity.objects.published().one_of_each_country()


def countries(request: HttpRequest) -> list[tuple[str, str]]:
    """The countries that have partners as (ISO 3166-1 alpha-2, name in the active language), in the order of that
    language's alphabet."""
    names = ((partner.country.code, str(partner.country.name)) for partner in one_of_each_country(request))
    return sorted(names, key=lambda pair: sort_key(pair[1], get_language()))


@snapshot
def languages() -> set[str]:
    """The languages in which the list of partners is there."""
    return PartnerUniversity.objects.published().languages("summary")
