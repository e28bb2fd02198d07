"""Feeds: published items of a section, as Atom (RFC 4287) and as JSON Feed (https://www.jsonfeed.org/version/1.1/)."""

import json
import re
from datetime import datetime
from typing import Any
from urllib.parse import urljoin
from uuid import UUID, uuid5

from django.contrib.syndication.views import Feed
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.feedgenerator import Atom1Feed, SyndicationFeed, rfc3339_date
from django.utils.html import escape
from django.utils.translation import get_language

from editorial.clean_text import xml_text
from editorial.models import Content
from pages.cached import section
from pages.filters import FilterForm
from pages.models import Page
from pages.structured_data import without_empty

MAX_ENTRIES = 50
# The sanitiser writes attributes in this form.
HREF = re.compile('href="([^"]*)"')
# Namespace of the IDs of feeds and entries (RFC 9562, section 6.5). It never changes.
NAMESPACE = UUID("4458cbde-2d52-48de-afcf-1a657da32152")


class ContentFeed(SyndicationFeed):
    """Base of the formats of feeds of content."""

    def add_item(self, *args: Any, **texts: Any) -> None:
        texts["description"] = with_absolute_links(texts["description"], texts["link"])
        super().add_item(*args, **texts)

    def latest_post_date(self) -> datetime:
        """Return the last change of an item, or of the feed's page if it has no items."""
        return max((item["updateddate"] for item in self.items), default=self.feed["updated_at"])


class AtomFeed(ContentFeed, Atom1Feed):
    """Atom feed without the characters that XML cannot contain."""

    def __init__(self, *args: Any, **texts: Any):
        super().__init__(*args, **in_xml(texts))

    def add_item(self, *args: Any, **texts: Any) -> None:
        super().add_item(*args, **in_xml(texts))


def with_absolute_links(html: str, address: str) -> str:
    """Return sanitised `html` of the page at `address` with absolute links, because JSON Feed has no base for them."""

    def absolute(match: re.Match) -> str:
        try:
            return f'href="{urljoin(address, match[1])}"'
        except ValueError:
            return match[0]

    return HREF.sub(absolute, html)


def in_xml(value: Any) -> Any:
    """Return `value` with the texts in it, at any depth, as XML can contain them."""
    if isinstance(value, dict):
        return {name: in_xml(part) for name, part in value.items()}
    if isinstance(value, list):
        return [in_xml(part) for part in value]
    return xml_text(value) if isinstance(value, str) else value


class JSONFeed(ContentFeed):
    """JSON Feed 1.1."""

    content_type = "application/feed+json; charset=utf-8"

    def write(self, outfile: Any, encoding: str) -> None:
        feed = {
            "version": "https://jsonfeed.org/version/1.1",
            "title": self.feed["title"],
            "description": self.feed["subtitle"],
            "home_page_url": self.feed["link"],
            "feed_url": self.feed["feed_url"],
            "language": self.feed["language"],
            "authors": [{"name": self.feed["author_name"], "url": self.feed["author_link"]}],
        }
        # Required, even if it is empty.
        items = {"items": [self.entry(item) for item in self.items]}
        outfile.write(json.dumps(without_empty(feed) | items, ensure_ascii=False))

    @staticmethod
    def entry(item: dict[str, Any]) -> dict[str, Any]:
        published = item["pubdate"]
        return without_empty(
            {
                "id": item["unique_id"],
                "url": item["link"],
                "title": item["title"],
                "content_html": item["description"],
                "date_published": rfc3339_date(published) if published else None,
                "date_modified": rfc3339_date(item["updateddate"]),
                "tags": list(item["categories"]),
            }
        )


class SectionFeed(Feed):
    """Base of the feeds. A subclass sets `kind`, the kind of the section's page, and returns the items.

    `publisher` is the alliance. `filter_query` holds the filters of the list, URL-encoded; they are part of its link.
    """

    feed_type: type[SyndicationFeed] = AtomFeed
    kind: str

    def __init__(self, publisher: Any, filter_query: str = "", feed_type: type[SyndicationFeed] = AtomFeed):
        self.publisher, self.filter_query, self.feed_type = publisher, filter_query, feed_type

    def respond(self, request: HttpRequest) -> HttpResponse:
        """Return the feed. Readers use its ETag, because Last-Modified does not change when an item is removed."""
        response = self(request)
        del response.headers["Last-Modified"]
        return response

    def get_object(self, request: HttpRequest) -> Page:
        self.home, self.path = request.build_absolute_uri(reverse("alliance:home")), request.path
        return section(request, self.kind)

    def title(self, page: Page) -> str:
        return f"{page.title} – {self.publisher.acronym}"

    def subtitle(self, page: Page) -> str | None:
        return page.lead or None

    def link(self, page: Page) -> str:
        return page.get_absolute_url() + (f"?{self.filter_query}" if self.filter_query else "")

    def feed_url(self, page: Page) -> str:
        return self.path + (f"?{self.filter_query}" if self.filter_query else "")

    def feed_guid(self, page: Page) -> str:
        return self.permanent_id(f"{self.kind}?{self.filter_query}" if self.filter_query else self.feed_key())

    def feed_key(self) -> str:
        """Return the name that identifies the feed among those of the site."""
        return self.kind

    def author_name(self, page: Page) -> str:
        return self.publisher.name

    def author_link(self, page: Page) -> str:
        return self.home

    def feed_extra_kwargs(self, page: Page) -> dict[str, Any]:
        return {"updated_at": page.updated_at}

    def items(self) -> QuerySet[Any]:
        raise NotImplementedError

    def item_title(self, item: Any) -> str:
        return item.title

    def item_description(self, item: Any) -> str:
        return f"<p>{escape(item.summary)}</p>{item.body}"

    def item_guid(self, item: Content) -> str:
        return self.permanent_id(f"{item.content_section} {item.key}")

    def item_updateddate(self, item: Content) -> datetime:
        return item.updated_at

    def item_pubdate(self, item: Any) -> datetime | None:
        """Return the moment of the item, but at the latest that of its last change. None if it has no moment."""
        moment = self.moment_of(item)
        return moment and min(moment, item.updated_at)

    def moment_of(self, item: Any) -> datetime | None:
        """Return the moment that the item is about or was published at. It may lie in the future."""
        return None

    def permanent_id(self, key: str) -> str:
        """Return an ID that survives a change of the domain, of addresses and of pagination (RFC 4287, section 4.2.6).

        The host is in it, because feeds of two universities of an alliance are different.
        """
        return uuid5(NAMESPACE, f"{self.publisher.host.key} {get_language()} {key}").urn


class FilteredFeed(SectionFeed):
    """Base of the feeds of news, events and opportunities. `found` has the items of a filter; their topics are tags."""

    def __init__(self, publisher: Any, form: FilterForm, found: Any, feed_type: type[SyndicationFeed]):
        super().__init__(publisher, form.query(), feed_type)
        self.form, self.found = form, found

    def items(self) -> QuerySet[Any]:
        return self.found.with_topics()[:MAX_ENTRIES]

    def item_categories(self, item: Any) -> list[str]:
        return [topic.name for topic in item.published_topics]
