"""Interface texts in exchange files. They are stored in locale/<language>."""

import re
from collections.abc import Mapping
from hashlib import sha256

from babel.messages.catalog import Catalog, Message
from django.conf import settings
from django.contrib.auth.models import AnonymousUser, User
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from editorial.clean_text import refuse_characters, several_lines
from translations.exchange.units import Scope, Unit
from translations.messages import forms_of, read_catalog, write_catalog
from translations.status.checks import Finding, findings

# A segment of a URL pattern, such as "deliverables/".
URL_SEGMENT = re.compile(r"([a-z0-9]+(-[a-z0-9]+)*/)+")


def message_id(context: str | None, singular: str) -> str:
    """An ID for XLIFF, made from the key of the message in gettext."""
    key = f"{context or ''}\4{singular}"
    return f"interface.{sha256(key.encode()).hexdigest()[:20]}"


class InterfaceText:
    """A message of a catalog."""

    desk_url = ""

    def __init__(self, language: str, catalog: Catalog, message: Message):
        self.language = language
        self.catalog = catalog
        self.message = message
        self.sources = forms_of(message.id)
        self.label = "; ".join([*message.auto_comments, *(path for path, _line in message.locations)])
        forms = forms_of(message.string)
        is_final = all(forms) and not message.fuzzy
        self.published = forms if is_final else ()
        self.drafts = () if is_final or not any(forms) else forms

    @property
    def is_current(self) -> bool:
        return bool(self.published)

    @property
    def accepts_drafts(self) -> bool:
        """A catalog stores one translation per message, so a draft would replace a finished translation."""
        return not self.published

    def unit(self) -> Unit:
        return Unit(
            id=message_id(self.message.context, self.sources[0]),
            sources=self.sources,
            targets=self.published or self.drafts,
            is_final=self.is_current,
            context=self.message.context,
            description=self.label,
            forms=self.catalog.num_plurals if self.message.pluralizable else 1,
        )

    def normalised(self, targets: tuple[str, ...]) -> tuple[str, ...]:
        # Spaces around a text of the interface belong to it.
        return tuple(map(several_lines, targets))

    def clean_targets(self, targets: tuple[str, ...]) -> tuple[str, ...]:
        """Return `targets`. Raises ValidationError if plural forms or placeholders are missing."""
        forms = self.catalog.num_plurals if self.message.pluralizable else 1
        if len(targets) != forms or not all(targets):
            raise ValidationError(_("The language has %(count)d plural forms; give each of them.") % {"count": forms})
        for target in targets:
            refuse_characters(target)
        candidate = Message(self.message.id, targets if self.message.pluralizable else targets[0])
        if errors := [str(error) for error in candidate.check(self.catalog)]:
            raise ValidationError(_("Keep the placeholders of the source: %(faults)s.") % {"faults": "; ".join(errors)})
        for source, target in zip(self.sources, targets, strict=False):
            if edges(source) != edges(target):
                raise ValidationError(
                    _("Start and end the text with the same spaces, line breaks and slashes as the source.")
                )
            if URL_SEGMENT.fullmatch(source) and not URL_SEGMENT.fullmatch(target):
                raise ValidationError(_("This is part of an address: use small letters, digits and single hyphens."))
        return targets

    def check_targets(self, targets: tuple[str, ...]) -> list[Finding]:
        # Plural forms are not checked: in some languages, the form for one contains no number.
        return [] if self.message.pluralizable else findings(self.sources[0], targets[0], self.language)

    def may_be_written_by(self, user: User | AnonymousUser) -> bool:
        """Interface texts are part of the source code; only the command line imports them."""
        return False

    def goes_live(self, user: User | AnonymousUser | None) -> bool:
        return True

    def store(self, targets: tuple[str, ...], as_draft: bool, user: User | AnonymousUser | None = None):
        self.message.string = targets if self.message.pluralizable else targets[0]
        self.message.flags -= {"fuzzy"}
        if as_draft:
            self.message.flags |= {"fuzzy"}


def edges(text: str) -> tuple[bool, bool, bool]:
    """Whether the text starts with a space, ends with a space, and ends with a slash."""
    return text[:1].isspace(), text[-1:].isspace(), text.endswith("/")


class InterfaceTexts:
    """The interface texts in one language."""

    kind = "interface"
    # The language of the texts in code and templates.
    source_language = "en"
    target_languages = [code for code in settings.CONTENT_LANGUAGES if code != "en"]

    def __init__(self, language: str):
        self.language = language
        self.catalog = read_catalog(language)
        self.texts = [InterfaceText(language, self.catalog, message) for message in self.catalog if message.id]

    def units(self, scope: Scope, site: str = "") -> list[Unit]:
        is_in_scope = {
            Scope.OPEN: lambda text: not text.is_current,
            Scope.DRAFT: lambda text: bool(text.drafts),
            Scope.ALL: lambda text: True,
        }[scope]
        return [text.unit() for text in self.texts if is_in_scope(text)]

    def unit_id(self, unit: Unit) -> str:
        return unit.id or message_id(unit.context, unit.sources[0])

    def known(self, ids: set[str]) -> Mapping[str, InterfaceText]:
        texts = {message_id(text.message.context, text.sources[0]): text for text in self.texts}
        return {unit_id: text for unit_id, text in texts.items() if unit_id in ids}

    def save(self):
        write_catalog(self.language, self.catalog)
