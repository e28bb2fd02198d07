"""The texts of the interface as they go out to a translator and come back: those of locale/<language>."""

import re
from hashlib import sha256

from babel.messages.catalog import Catalog, Message
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from translations.exchange.units import Scope, Unit
from translations.messages import read_catalog, write_catalog
from translations.status.checks import Finding, findings

# Part of a page's address, such as "deliverables/".
ADDRESS = re.compile(r"([a-z0-9]+(-[a-z0-9]+)*/)+")


def message_id(context: str | None, singular: str) -> str:
    """A name for a message that XLIFF allows, made from what gettext finds it by."""
    found_by = f"{context or ''}\4{singular}"
    return f"interface.{sha256(found_by.encode()).hexdigest()[:20]}"


class InterfaceText:
    """A message of a catalogue."""

    desk_url = ""

    def __init__(self, language: str, catalog: Catalog, message: Message):
        self.language = language
        self.catalog = catalog
        self.message = message
        self.sources = message.id if message.pluralizable else (message.id,)
        self.label = "; ".join([*message.auto_comments, *(path for path, _line in message.locations)])
        forms = message.string if message.pluralizable else (message.string,)
        is_settled = all(forms) and not message.fuzzy
        self.published = tuple(forms) if is_settled else ()
        self.drafts = () if is_settled or not any(forms) else tuple(forms)

    @property
    def is_current(self) -> bool:
        return bool(self.published)

    @property
    def takes_drafts(self) -> bool:
        """A catalogue has room for one translation, and a draft would take the finished one from visitors."""
        return not self.published

    def unit(self) -> Unit:
        return Unit(
            id=message_id(self.message.context, self.sources[0]),
            sources=self.sources,
            targets=self.published or self.drafts,
            is_settled=self.is_current,
            context=self.message.context,
            description=self.label,
            forms=self.catalog.num_plurals if self.message.pluralizable else 1,
        )

    def clean_targets(self, targets: tuple[str, ...]) -> tuple[str, ...]:
        """`targets`, if they have all forms of the language and all placeholders; else raises ValidationError."""
        forms = self.catalog.num_plurals if self.message.pluralizable else 1
        if len(targets) != forms or not all(targets):
            raise ValidationError(_("The language has %(count)d plural forms; give each of them.") % {"count": forms})
        candidate = Message(self.message.id, targets if self.message.pluralizable else targets[0])
        if faults := [str(error) for error in candidate.check(self.catalog)]:
            raise ValidationError(_("Keep the placeholders of the source: %(faults)s.") % {"faults": "; ".join(faults)})
        for source, target in zip(self.sources, targets, strict=False):
            if edges(source) != edges(target):
                raise ValidationError(
                    _("Start and end the text with the same spaces, line breaks and slashes as the source.")
                )
            if ADDRESS.fullmatch(source) and not ADDRESS.fullmatch(target):
                raise ValidationError(_("This is part of an address: use small letters, digits and single hyphens."))
        return targets

    def findings(self, targets: tuple[str, ...]) -> list[Finding]:
        # Which form of a plural leaves its number out, only the language knows.
        return [] if self.message.pluralizable else findings(self.sources[0], targets[0], self.language)

    def take(self, targets: tuple[str, ...], as_draft: bool):
        self.message.string = targets if self.message.pluralizable else targets[0]
        self.message.flags -= {"fuzzy"}
        if as_draft:
            self.message.flags |= {"fuzzy"}


def edges(text: str) -> tuple[bool, bool, bool]:
    return text[:1].isspace(), text[-1:].isspace(), text.endswith("/")


class InterfaceTexts:
    """The texts of the interface in one language."""

    kind = "interface"

    def __init__(self, language: str):
        self.language = language
        self.catalog = read_catalog(language)
        self.texts = [InterfaceText(language, self.catalog, message) for message in self.catalog if message.id]

    def units(self, scope: Scope, site: str = "") -> list[Unit]:
        chosen = {
            Scope.OPEN: lambda text: not text.is_current,
            Scope.DRAFT: lambda text: bool(text.drafts),
            Scope.ALL: lambda text: True,
        }[scope]
        return [text.unit() for text in self.texts if chosen(text)]

    def unit_id(self, unit: Unit) -> str:
        return unit.id or message_id(unit.context, unit.sources[0])

    def known(self, ids: set[str]) -> dict[str, InterfaceText]:
        found = {message_id(text.message.context, text.sources[0]): text for text in self.texts}
        return {name: text for name, text in found.items() if name in ids}

    def save(self):
        write_catalog(self.language, self.catalog)
