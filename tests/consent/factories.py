"""Third-party content and scripts."""

from consent.models import EmbeddedContent, Purpose, Script

LINK = "https://video.example/watch?v=1&t=2"


def make_video() -> EmbeddedContent:
    return EmbeddedContent.objects.create(
        title_en="A walk through Lodz",
        provider_en="Video Ltd, Ireland",
        purpose=Purpose.objects.get(key="functional"),
        page_url=LINK,
        frame_url="https://frames.video.example/embed/1",
    )


def make_counter() -> Script:
    return Script.objects.create(
        name="Counter",
        provider_en="Count Ltd",
        purpose=Purpose.objects.get(key="statistics"),
        source="https://stats.example/count.js",
        connects_to="https://in.stats.example\nhttps://img.stats.example",
    )
