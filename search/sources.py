"""Registry of the content that the search finds: which texts, who sees it, and the page that shows it."""

from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import IntEnum
from typing import Any

from django.db import models

from editorial.content_files import content_fields, translated_fields
from editorial.models import Content, content_models
from editorial.texts import TranslatedText, page_language_code

# A field, or a function of the item that returns one text or several.
TextOf = str | Callable[[Any], Any]


class Weight(IntEnum):
    """The rank of a match by the part of a page that contains it."""

    TEXT = 1
    SUMMARY = 2
    TITLE = 3
    NAME = 4


def page_of(item: Content) -> str:
    """Return the identity of the page of an item with a page of its own: "partners/malmo-university"."""
    return f"{item.content_section}/{item.key}"


@dataclass(frozen=True)
class Source:
    """The searched texts of one kind of content, in four weights.

    `shown` returns the items that visitors see; without it, only staff find the items. `page` returns the identity of
    the page that shows an item; a part has none of its own.
    """

    model: type[Content]
    name: tuple[TextOf, ...] = ()
    title: tuple[TextOf, ...] = ()
    summary: tuple[TextOf, ...] = ()
    text: tuple[TextOf, ...] = ()
    shown: Callable[[], models.QuerySet] | None = None
    page: Callable[[Any], str] = page_of
    is_part: bool = False
    # Related items that the texts or the page are read from.
    related: tuple[str, ...] = ()
    # Models whose changes change the texts of all items.
    follows: tuple[type[models.Model], ...] = ()

    @property
    def label(self) -> str:
        """The label of the model, as the index stores it."""
        return self.model._meta.label_lower

    def texts(self, item: Any) -> Iterator[tuple[Weight, TranslatedText]]:
        """Return the texts of `item` in the active language with their weights, the heaviest first."""
        by_weight = ((Weight.NAME, self.name), (Weight.TITLE, self.title), (Weight.SUMMARY, self.summary))
        for weight, names in (*by_weight, (Weight.TEXT, self.text)):
            for name in names:
                for text in self.texts_of(item, name):
                    yield weight, text

    def texts_of(self, item: Any, name: TextOf) -> Iterator[TranslatedText]:
        if isinstance(name, str) and name in translated_fields(self.model):
            yield item.translated[name]
            return
        value = name(item) if callable(name) else getattr(item, name)
        for text in [value] if isinstance(value, str) or not isinstance(value, list) else value:
            yield text if isinstance(text, TranslatedText) else TranslatedText(str(text or ""), page_language_code())

    def visible(self) -> models.QuerySet:
        """Return the items that visitors see."""
        return self.shown() if self.shown else self.model._default_manager.none()

    def heading(self, item: Any) -> TranslatedText:
        return next(self.texts_of(item, (*self.name, *self.title)[0]))

    def description(self, item: Any) -> TranslatedText:
        """The summary of a page, or the text of a part."""
        names = self.text if self.is_part and self.text else self.summary or self.name
        return next(self.texts_of(item, names[0]))


registered: dict[type[Content], list[Source]] = defaultdict(list)


def register(*sources: Source) -> None:
    """Register what visitors find. Call it in `AppConfig.ready`."""
    for source in sources:
        registered[source.model].append(source)


def sources_of(model: type[Content]) -> list[Source]:
    """Return the registered sources of `model`, or one for staff alone with its heading and all its other texts."""
    return registered.get(model) or [source_for_staff(model)]


def source_for_staff(model: type[Content]) -> Source:
    is_text = {
        name
        for name, field in content_fields(model).items()
        if isinstance(field, models.CharField | models.TextField)
        and not isinstance(field, models.SlugField)
        and not field.choices
    }
    heading = tuple(name for name in is_text if name == model.heading_field)
    return Source(model, title=heading, text=tuple(sorted(is_text.difference(heading))))


def all_sources() -> list[Source]:
    """Return the sources of all content."""
    return [source for model in content_models() for source in sources_of(model)]


def public_sources() -> list[Source]:
    return [source for sources in registered.values() for source in sources if source.shown]
