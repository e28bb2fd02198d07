"""Texts of the pages of the site for the search."""

from consent.models import NoticeVersion, PolicyVersion
from feedback.models import FeedbackPage
from pages.models import Page
from search.sources import Source, page_of


def page_of_section(kind: str) -> str:
    """Return the identity of the page of a section, for the items in its list."""
    return f"{Page.content_section}/#{kind}"


def page_of_page(page: Page) -> str:
    return page_of(page) if page.kind == Page.Kind.TEXT else page_of_section(page.kind)


PAGES = Source(
    Page,
    title=("title", "short_title", Page.section_texts),
    summary=("description", "lead"),
    text=("body", Page.drawn_texts),
    shown=lambda: Page.objects.published().exclude(kind=Page.Kind.SEARCH),
    page=page_of_page,
    # `drawn_texts` reads them.
    follows=(NoticeVersion, PolicyVersion, FeedbackPage),
)
