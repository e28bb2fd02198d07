"""What is asked and what may load, as every page needs to know it, kept until the content changes."""

from consent.models import EmbeddedContent, NoticeVersion, Script
from delivery.snapshot import snapshot


@snapshot
def notice_in_force() -> NoticeVersion | None:
    """None before the first notice is published."""
    return NoticeVersion.objects.current()


@snapshot
def embeds() -> dict[str, EmbeddedContent]:
    """All embedded content by the address that texts link to."""
    found = EmbeddedContent.objects.published().filter(purpose__is_necessary=False).select_related("purpose")
    return {embed.page_url: embed for embed in found}


@snapshot
def scripts(granted: frozenset[str]) -> list[Script]:
    """What runs for a visitor who allowed the purposes with these keys."""
    return list(Script.objects.allowed(granted))
