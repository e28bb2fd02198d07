"""News on other pages: the newest on the home page, and those of a university on its page."""

from typing import Any

from django.http import HttpRequest

from news.models import NewsItem
from pages.blocks import MAX_ITEMS, Block
from pages.cached import has_section
from partners.models import PartnerUniversity


def home_block(request: HttpRequest, alliance: Any) -> Block | None:
    """The newest news."""
    if not has_section(request, "news"):
        return None
    newest = list(NewsItem.objects.published().defer("body")[:MAX_ITEMS])
    return Block("news/block.html", {"news": newest}) if newest else None


def partner_block(request: HttpRequest, partner: PartnerUniversity) -> Block | None:
    """The newest news that concern the university."""
    if not has_section(request, "news"):
        return None
    newest = list(NewsItem.objects.published().of_member(partner).defer("body")[:MAX_ITEMS])
    return Block("news/block.html", {"news": newest, "partner": partner}) if newest else None
