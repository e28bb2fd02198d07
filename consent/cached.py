"""Notice and third-party content that every page needs, cached until the content changes."""

from consent.models import EmbeddedContent, NoticeVersion, PolicyVersion, Script
from pagecache.per_version import cached_per_version


@cached_per_version
def notice_in_force() -> NoticeVersion | None:
    """Return the published notice, or None before the first is published."""
    version = NoticeVersion.objects.current()
    if version:
        # Cached values are computed now, because the object is shared by all requests.
        _ = version.optional_providers, version.asked_since
    return version


@cached_per_version
def earlier_notice(number: int) -> NoticeVersion | None:
    """Return the notice with this number, without the large columns that no page shows."""
    return NoticeVersion.objects.defer("html", "style").filter(number=number).first()


@cached_per_version
def policy_in_force() -> PolicyVersion | None:
    """Return the privacy policy in force, or None before the first is put in force."""
    return PolicyVersion.objects.current()


@cached_per_version
def embeds() -> dict[str, EmbeddedContent]:
    """Return all embedded content by the URL that texts link to."""
    return {embed.page_url: embed for embed in EmbeddedContent.objects.optional()}


@cached_per_version
def optional_scripts() -> tuple[Script, ...]:
    return tuple(Script.objects.optional())
