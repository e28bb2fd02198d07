"""Notice versions: the notice frozen as visitors were shown it."""

import re
from base64 import b64encode
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from django.conf import settings
from django.contrib.staticfiles import finders
from django.db import models, transaction
from django.template.loader import render_to_string
from django.utils import timezone, translation
from django.utils.translation import get_language, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from assets.storage import with_imports
from consent.canonical import digest, moment
from consent.models.notice import Notice
from consent.models.purpose import Purpose
from editorial.models import Content
from editorial.texts import TranslatedText

OBJECTION = _(
    "Your browser says that you object to tracking. Everything optional is off; it stays off unless you say otherwise "
    "here."
)


# What a wording says in words.
TEXTS = {"heading", "introduction", "controller", "objection", "name", "description", "kind", "provider", "duration"}
# What gives the dialog its looks; kept with each version.
STYLESHEET = "css/site.css"


class NoticeVersionQuerySet(models.QuerySet):
    def current(self):
        """The version that visitors are shown, or None before the first is published."""
        # The style is for the record; pages bring their own.
        return self.defer("style").order_by("-number").first()

    def draft(self):
        """What publishing would freeze now: a NoticeVersion that is not saved. Raises Notice.DoesNotExist."""
        current = self.current()
        draft = NoticeVersion(number=current.number + 1 if current else 1, wording={}, html={}, style=dialog_style())
        for code, _name in settings.LANGUAGES:
            with translation.override(code):
                draft.wording[code] = self.wording()
        self.number_purposes(draft)
        for code, _name in settings.LANGUAGES:
            with translation.override(code):
                draft.html[code] = render_to_string(
                    "consent/notice.html", {"notice": marked(draft.wording[code], code)}
                )
        added = set(draft.optional_purposes) - set(current.optional_purposes if current else [])
        draft.asks_again = current is None or bool(added)
        draft.digest = draft.compute_digest()
        return draft

    @transaction.atomic
    def publish(self, asks_again: bool = True):
        """Freeze the notice, its purposes and cookies as they stand, and return the version.

        `asks_again`: the change is of substance, so that every visitor is asked again. Where nothing changed, the
        current version is returned. A purpose that was not there before always is of substance. Raises
        Notice.DoesNotExist before there is a notice.
        """
        draft, current = self.draft(), self.current()
        if current and current.part_digests() == draft.part_digests():
            return current
        draft.asks_again = draft.asks_again or asks_again
        draft.digest = draft.compute_digest()
        draft.save(force_insert=True)
        return draft

    @transaction.atomic
    def refresh(self):
        """Follow a new release of the program: freeze the current wording anew with the style as it is now, and with
        the languages that the site has come to offer. Drafts stay drafts. Returns the version in force, or None.
        """
        current = self.current()
        if current is None:
            return None
        fresh = NoticeVersion(number=current.number + 1, asks_again=False, style=dialog_style())
        fresh.wording, fresh.html = dict(current.wording), dict(current.html)
        versions = {purpose["key"]: purpose["version"] for purpose in current.purposes}
        for code in [code for code, _name in settings.LANGUAGES if code not in current.wording]:
            with translation.override(code):
                wording = self.wording()
                wording["purposes"] = [
                    purpose | {"version": versions[purpose["key"]]}
                    for purpose in wording["purposes"]
                    if purpose["key"] in versions
                ]
                fresh.wording[code] = wording
                fresh.html[code] = render_to_string("consent/notice.html", {"notice": marked(wording, code)})
        if fresh.part_digests() == current.part_digests():
            return current
        fresh.digest = fresh.compute_digest()
        fresh.save(force_insert=True)
        return fresh

    def number_purposes(self, draft):
        """Give each purpose of `draft` its version: one more than before where a word of it changed."""
        for key in [purpose["key"] for purpose in draft.wording[settings.LANGUAGE_CODE]["purposes"]]:
            now = draft.purpose_in_all_languages(key)
            version = 1
            for before in self.order_by("-number"):
                if earlier := before.purpose_in_all_languages(key):
                    version = next(iter(earlier.values()))["version"]
                    if {code: purpose | {"version": version} for code, purpose in now.items()} != earlier:
                        version += 1
                    break
            for purpose in now.values():
                purpose["version"] = version

    @staticmethod
    def wording() -> dict:
        """All that the notice says in the active language."""
        notice = Notice.objects.get(key=Notice.KEY)
        purposes = []
        for purpose in Purpose.objects.published().prefetch_related("cookies"):
            cookies = [
                {
                    "name": cookie.name,
                    "kind": str(cookie.get_kind_display()),
                    **texts_of(cookie, "provider", "description", "duration"),
                }
                for cookie in purpose.cookies.all()
                if cookie.is_published
            ]
            purposes.append(
                {
                    "key": purpose.key,
                    **texts_of(purpose, "name", "description"),
                    "is_necessary": purpose.is_necessary,
                    "cookies": cookies,
                }
            )
        return {
            **texts_of(notice, "heading", "introduction", "controller"),
            "contact": notice.contact,
            "objection": str(OBJECTION),
            "purposes": purposes,
        }


def texts_of(item: Content, *names: str) -> dict:
    """These fields in the active language; `languages` names that of each for which another stands in."""
    texts = {name: item.translated[name] for name in names}
    others = {name: text.language for name, text in texts.items() if text.language != get_language()}
    texts = {name: str(text) for name, text in texts.items()}
    return texts | {"languages": others} if others else texts


def marked(texts: dict, language: str) -> dict:
    """Return a wording in `language` as pages show it; a text that stands in for a missing one is a TranslatedText."""
    shown = {}
    for name, value in texts.items():
        speaks = texts.get("languages", {}).get(name, language)
        if isinstance(value, list):
            shown[name] = [marked(part, language) for part in value]
        else:
            shown[name] = TranslatedText(value, speaks) if name in TEXTS and speaks != get_language() else value
    return shown


def dialog_style() -> str:
    """The stylesheet that the dialog is shown with, the faces of its letters in it."""
    sheet = Path(finders.find(STYLESHEET))

    def embedded(match: re.Match) -> str:
        font = b64encode((sheet.parent / match[1]).read_bytes()).decode()
        return f'url("data:font/woff2;base64,{font}")'

    return re.sub(r'url\("([^"]+\.woff2)"\)', embedded, with_imports(sheet.read_text(encoding="utf-8")))


@dataclass(frozen=True)
class Change:
    """One text of the notice before and after; `place` names it: "statistics · description"."""

    language: str
    place: str
    before: str
    after: str


def sentences(wording: dict) -> dict[str, str]:
    """The texts of a wording by their places."""
    found = {name: wording[name] for name in ("heading", "introduction", "controller", "contact", "objection")}
    for purpose in wording["purposes"]:
        found[f"{purpose['key']} · name"] = purpose["name"]
        found[f"{purpose['key']} · description"] = purpose["description"]
        found[f"{purpose['key']} · necessary"] = "✓" if purpose["is_necessary"] else "–"
        for cookie in purpose["cookies"]:
            texts = [cookie[name] for name in ("kind", "provider", "description", "duration")]
            found[f"{purpose['key']} · {cookie['name']}"] = " · ".join(texts)
    return found


class NoticeVersion(models.Model):
    """The notice as it was shown from one moment on: wording, HTML and style, in every language. Never changed.

    `wording` maps a language to what NoticeVersionQuerySet.wording returns, with a `version` in each purpose; `html`
    to the notice as rendered. Either is hashed as it is, so versions from before `languages` stay as they were.
    """

    number = models.PositiveIntegerField(pgettext_lazy("running", "number"), unique=True)
    published_at = models.DateTimeField(_("published"), default=timezone.now)
    asks_again = models.BooleanField(_("asks everyone again"))
    wording = models.JSONField(_("wording"))
    html = models.JSONField(_("as rendered"))
    style = models.TextField(_("style"))
    digest = models.CharField(_("digest"), max_length=64)

    objects = NoticeVersionQuerySet.as_manager()

    class Meta:
        verbose_name = _("notice version")
        verbose_name_plural = _("notice versions")
        ordering = ("-number",)
        default_permissions = ("view",)

    def __str__(self):
        return str(self.number)

    def part(self, language: str) -> dict:
        """What is shown in `language`, as it is hashed."""
        return {"html": self.html[language], "wording": self.wording[language]}

    def part_digests(self) -> dict[str, str]:
        """The digest of each language's part and of the style; with the rest of the version they make its `digest`."""
        return {code: digest(self.part(code)) for code in self.wording} | {"style": digest(self.style)}

    def content_digest(self) -> str:
        """The digest of all that is shown, which a draft has as long as nobody changes it."""
        return digest(self.part_digests())

    def compute_digest(self) -> str:
        """The digest that names this version, computed anew."""
        return digest(self.named_by(self.part_digests()))

    def named_by(self, parts: dict[str, str]) -> dict:
        """What the digest of this version is taken of."""
        return {
            "number": self.number,
            "published_at": moment(self.published_at),
            "asks_again": self.asks_again,
            "parts": parts,
        }

    def is_as_published(self) -> bool:
        parts = self.part_digests()
        # At first, a version was named by its number and parts alone.
        return self.digest in (digest(self.named_by(parts)), digest({"number": self.number, "parts": parts}))

    def as_evidence(self, language: str) -> dict:
        """This version in one language, with the digests from which its own follows."""
        shown = self.shown_in(language)
        return {
            "number": self.number,
            "published_at": moment(self.published_at),
            "asks_again": self.asks_again,
            "language": shown,
            "parts": self.part_digests(),
            **self.part(shown),
        }

    def shown_in(self, language: str) -> str:
        """The language that readers of `language` get: the source language where the version lacks theirs."""
        return language if language in self.wording else settings.LANGUAGE_CODE

    def wording_in(self, language: str) -> dict:
        return self.wording[self.shown_in(language)]

    def html_in(self, language: str) -> str:
        return self.html[self.shown_in(language)]

    def texts_in(self, language: str) -> dict:
        """The wording for readers of `language`, with marks on what is not in it."""
        return marked(self.wording_in(language), self.shown_in(language))

    def purpose_in_all_languages(self, key: str) -> dict[str, dict]:
        """Language → the purpose's wording there."""
        return {
            code: purpose
            for code, wording in self.wording.items()
            for purpose in wording["purposes"]
            if purpose["key"] == key
        }

    def changes_since(self, before: "NoticeVersion | None") -> list[Change]:
        """Every sentence that is another one than in `before`, in each language."""
        changes = []
        for code, wording in self.wording.items():
            old = sentences(before.wording[code]) if before and code in before.wording else {}
            new = sentences(wording)
            changes += [
                Change(code, place, old.get(place, ""), new.get(place, ""))
                for place in dict.fromkeys([*new, *old])
                if old.get(place, "") != new.get(place, "")
            ]
        return changes

    @property
    def purposes(self) -> list[dict]:
        return self.wording[settings.LANGUAGE_CODE]["purposes"]

    @property
    def optional_purposes(self) -> list[str]:
        """The keys of the purposes that need consent."""
        return [purpose["key"] for purpose in self.purposes if not purpose["is_necessary"]]

    def with_versions(self, answers: dict[str, bool]) -> dict[str, dict]:
        """Each answer together with the version of the purpose that it is to."""
        versions = {purpose["key"]: purpose["version"] for purpose in self.purposes}
        return {key: {"granted": granted, "version": versions[key]} for key, granted in answers.items()}

    @cached_property
    def asked_since(self) -> int:
        """The number of the version from which on an answer still holds: the newest that asked everyone again."""
        versions = type(self).objects.filter(number__lte=self.number, asks_again=True)
        return versions.order_by("-number").values_list("number", flat=True).first() or 1
