"""What is asked and what may load, as every page needs to know it, kept until the content changes."""

from django.http import HttpRequest

from consent.models import EmbeddedContent, NoticeVersion, Purpose, Script
from delivery.shared import shared


@shared
def newest_notice():
    return NoticeVersion.objects.newest()


@shared
def optional_purposes():
    return Purpose.objects.filter(is_necessary=False)


@shared
def optional_embeds():
    return EmbeddedContent.objects.optional()


@shared
def optional_scripts():
    return Script.objects.optional()


def notice_in_force(request: HttpRequest) -> NoticeVersion | None:
    """None before the first notice is published."""
    return next(iter(newest_notice(request)), None)


def embeds(request: HttpRequest) -> dict[str, EmbeddedContent]:
    """All embedded content by the address that texts link to."""
    return {embed.page_url: embed for embed in with_purposes(request, optional_embeds(request))}


def scripts(request: HttpRequest, granted: frozenset[str]) -> list[Script]:
    """What runs for a visitor who allowed the purposes with these keys."""
    return [one for one in with_purposes(request, optional_scripts(request)) if one.purpose.key in granted]


def with_purposes(request: HttpRequest, third_parties: list) -> list:
    purposes = {purpose.pk: purpose for purpose in optional_purposes(request)} if third_parties else {}
    for one in third_parties:
        if one.purpose_id in purposes:
            one.purpose = purposes[one.purpose_id]
    return third_parties
