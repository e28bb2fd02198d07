"""Notice and third parties that every page needs to know, kept until the content changes."""

from django.http import HttpRequest

from consent.models import EmbeddedContent, NoticeVersion, Script
from pagecache.per_version import cached_per_version


@cached_per_version
def notice_in_force() -> NoticeVersion | None:
    """None before the first notice is published."""
    return NoticeVersion.objects.current()


@cached_per_version
def embeds() -> dict[str, EmbeddedContent]:
    """All embedded content by the address that texts link to."""
    return {embed.page_url: embed for embed in EmbeddedContent.objects.optional()}


@cached_per_version
def optional_scripts() -> tuple[Script, ...]:
    return tuple(Script.objects.optional())


def scripts(request: HttpRequest, granted: frozenset[str]) -> list[Script]:
    """The scripts that run for a visitor who allowed the purposes with these keys."""
    return [one for one in optional_scripts(request) if one.purpose.key in granted]
