"""Opportunities on other pages: open ones on the home page, and those of a university on its page."""

from typing import Any

from django.http import HttpRequest
from django.utils import timezone

from opportunities.models import Opportunity
from opportunities.states import OPEN_STATES
from pages.blocks import MAX_ITEMS, Block
from pages.cached import has_section
from partners.models import PartnerUniversity


def home_block(request: HttpRequest, alliance: Any) -> Block | None:
    """Open opportunities; if there are none, recurring ones."""
    if not has_section(request, "opportunities"):
        return None
    now, published = timezone.now(), Opportunity.objects.published()
    outlook = published.outlook(now)
    found = published.in_state(now, *OPEN_STATES).for_list(now)[:MAX_ITEMS] if outlook.open else []
    recurring = [] if outlook.open else published.recurring(now)[:MAX_ITEMS]
    context = {"opportunities": list(found), "recurring": list(recurring)}
    return Block("opportunities/home_block.html", context, outlook.next_change)


def partner_block(request: HttpRequest, partner: PartnerUniversity) -> Block | None:
    """The opportunities that concern the university, the open ones first."""
    if not has_section(request, "opportunities"):
        return None
    now, concerning = timezone.now(), Opportunity.objects.published().of_member(partner)
    found = list(concerning.for_list(now)[:MAX_ITEMS])
    if not found:
        return None
    context = {"opportunities": found, "partner": partner}
    return Block("opportunities/partner_block.html", context, concerning.outlook(now).next_change)
