"""Providers, third-party content and scripts."""

from unittest.mock import patch

from consent.completeness import draft_items
from consent.models import EmbeddedContent, NoticeVersion, Provider, Purpose, Script
from translations.status.models import Translation

LINK = "https://video.example/watch?v=1&t=2"


def put_in_force(asks_again: bool = True) -> NoticeVersion:
    """Put the draft of the notice in force, although texts that a test changed have no translation."""
    with patch("consent.models.version.gaps", list):
        return NoticeVersion.objects.put_in_force(asks_again)


def make_provider(key: str, purpose: str, name: str, *hosts: str) -> Provider:
    """Create a provider that is not part of a notice version yet."""
    return Provider.objects.create(
        key=key,
        # After those of the content.
        order=9,
        purpose=Purpose.objects.get(key=purpose),
        name=name,
        address="1 High Street, Dublin",
        country="IE",
        hosts="\n".join(hosts),
        data_en="Your IP address.",
        retention_en="30 days.",
        policy_url="https://example.org/privacy",
    )


def make_video(publish: bool = True) -> EmbeddedContent:
    """Create a video of the provider "video", and put a notice in force that names it unless `publish` is false."""
    provider = make_provider("video", "functional", "Video Ltd", "https://frames.video.example")
    embed = EmbeddedContent.objects.create(
        title_en="A walk through Lodz",
        provider=provider,
        page_url=LINK,
        frame_url="https://frames.video.example/embed/1",
    )
    if publish:
        put_in_force()
    return embed


def make_counter(publish: bool = True) -> Script:
    """Create a script of the provider "counter", and put a notice in force that names it unless `publish` is false."""
    hosts = ("https://stats.example", "https://in.stats.example", "https://img.stats.example")
    script = Script.objects.create(
        name="Counter",
        provider=make_provider("counter", "statistics", "Count Ltd", *hosts),
        source="https://stats.example/count.js",
        connects_to="\n".join(hosts[1:]),
    )
    if publish:
        put_in_force()
    return script


def translate_draft() -> None:
    """Give every text of the notice's draft a current translation in all languages: the text of the source."""
    for text in Translation.objects.of_items(draft_items()).open().select_related("source"):
        text.write(text.target or text.source_text)
