"""Paragraphs that contain only a link, which pages replace by the embedded content of that address."""

import re
from collections.abc import Iterator
from html import unescape

from django.db.models import Q
from django.utils.translation import gettext as _

from consent.models import EmbeddedContent, NoticeVersion
from editorial.fields import RichTextField
from editorial.models import Content

LINK_ONLY_PARAGRAPH = re.compile(r'<p>\s*<a\s[^>]*?href="([^"]+)"[^>]*>(?:[^<]|</?span\b[^>]*>)*</a>\s*</p>')


def linked_addresses(item: Content) -> set[str]:
    """Return the addresses in paragraphs with only a link, in the rich texts of `item` in all languages."""
    texts = [
        getattr(item, field.attname) or "" for field in item._meta.concrete_fields if isinstance(field, RichTextField)
    ]
    return {unescape(address) for text in texts for address in LINK_ONLY_PARAGRAPH.findall(text)}


def chosen_embeds(item: Content) -> set[int]:
    """Return the primary keys of the embedded content that `item` is or refers to, such as the map of an event."""
    fields = [field for field in item._meta.concrete_fields if field.related_model is EmbeddedContent]
    keys = {getattr(item, field.attname) for field in fields}
    if isinstance(item, EmbeddedContent):
        keys.add(item.pk)
    return keys - {None}


def remarks_on_unnamed_embeds(items: list[Content]) -> Iterator[str]:
    """Yield a sentence for each embed in these items that visitors get as a link, because no notice names it yet."""
    addresses = set().union(*map(linked_addresses, items))
    keys = set().union(*map(chosen_embeds, items))
    named = Q(page_url__in=addresses) | Q(pk__in=keys)
    embeds = list(EmbeddedContent.objects.optional().filter(named)) if addresses or keys else []
    version = NoticeVersion.objects.current() if embeds else None
    for embed in embeds:
        if version is None or not embed.is_named_in(version):
            yield _(
                "Visitors see “%(embed)s” as a link: the notice in force does not name %(provider)s with %(hosts)s. It "
                "is embedded after a privacy officer has put a new version of the notice in force."
            ) % {"embed": embed, "provider": embed.provider, "hosts": ", ".join(sorted(embed.origins))}
