"""Notice versions: permanent copies of the notice as visitors see it."""

from collections.abc import Iterable
from functools import cached_property

from django.conf import settings
from django.core.exceptions import ObjectDoesNotExist
from django.db import models, transaction
from django.utils import timezone, translation
from django.utils.translation import gettext_lazy as _

from consent.comparison import Change, Widened, changes_between, widenings
from consent.completeness import IncompleteNoticeError, gaps
from consent.dialog import dialog_html, dialog_style
from consent.hashing import json_digest, rfc3339
from consent.models.frozen import FrozenVersion
from consent.wording import draft_wordings, parts_of, translated_like, with_languages


class NoticeVersionQuerySet(models.QuerySet["NoticeVersion"]):
    def current(self) -> "NoticeVersion | None":
        """Return the notice in force, or None before the first is put in force."""
        # Only evidence needs the style. Pages have their own stylesheet.
        return self.defer("style").order_by("-number").first()

    def draft(self) -> "NoticeVersion":
        """Return the version that would be put in force now, not saved. Raises Notice.DoesNotExist."""
        current = self.current()
        draft = NoticeVersion(number=current.number + 1 if current else 1, html={}, style=dialog_style())
        draft.wording = draft_wordings(code for code, _name in settings.LANGUAGES)
        self.number_purposes(draft)
        for code, _name in settings.LANGUAGES:
            draft.html[code] = dialog_html(draft.wording[code], code)
        draft.asks_again = current is None or bool(draft.not_asked_about_under(current))
        draft.digest = draft.leaf()
        return draft

    def has_unpublished_changes(self) -> bool:
        """Whether the texts of the draft differ from those of the version in force."""
        current = self.defer("style", "html").order_by("-number").first()
        try:
            draft = NoticeVersion(wording=draft_wordings(code for code, _name in settings.LANGUAGES))
        except ObjectDoesNotExist:
            return False
        self.number_purposes(draft)
        return current is None or current.wording != draft.wording

    @transaction.atomic
    def put_in_force(self, asks_again: bool = True, draft: "NoticeVersion | None" = None) -> "NoticeVersion":
        """Put `draft`, by default the current one, in force, and return the new version.

        `asks_again` means a substantial change: all visitors are asked again. A widening (consent/comparison.py) is
        always a substantial change. Without any change, returns the current version. Raises IncompleteNoticeError while
        a text is missing or stale, Notice.DoesNotExist, and IntegrityError if another version was put in force since
        the draft was made.
        """
        draft, current = draft or self.draft(), self.current()
        if current and current.part_digests() == draft.part_digests():
            return current
        if missing := gaps():
            raise IncompleteNoticeError(missing)
        draft.asks_again = draft.asks_again or asks_again
        draft.digest = draft.leaf()
        draft.save(force_insert=True)
        return draft

    @transaction.atomic
    def refresh(self) -> "NoticeVersion | None":
        """Put the current wording in force with the style and languages of a new release, without unpublished changes.

        Returns the version in force, or None before the first is put in force.
        """
        current = self.current()
        if current is None:
            return None
        fresh = NoticeVersion(number=current.number + 1, asks_again=False, style=dialog_style())
        fresh.wording, fresh.html = dict(current.wording), dict(current.html)
        source_language = settings.LANGUAGE_CODE
        new = [code for code, _name in settings.LANGUAGES if code not in current.wording]
        drafts = draft_wordings([source_language, *new]) if new else {}
        for code in new:
            # Visitors may have answered a version that had this language.
            answered = (version.wording for version in current.with_valid_answers() if code in version.wording)
            earlier = next(answered, drafts)
            # A translation of an unpublished text would say something else than what is in force.
            fresh.wording[code] = translated_like(
                current.wording[source_language], earlier[source_language], earlier[code]
            )
            fresh.html[code] = dialog_html(fresh.wording[code], code)
        if fresh.part_digests() == current.part_digests():
            return current
        fresh.digest = fresh.leaf()
        fresh.save(force_insert=True)
        return fresh

    def number_purposes(self, draft: "NoticeVersion") -> None:
        """Set the version of each purpose in `draft`: incremented if a text of the purpose changed."""
        open_keys = [purpose["key"] for purpose in draft.wording[settings.LANGUAGE_CODE]["purposes"]]
        versions = dict.fromkeys(open_keys, 1)
        for before in self.defer("style", "html").order_by("-number").iterator(10):
            for key in open_keys:
                if earlier := before.purpose_in_all_languages(key):
                    now, version = draft.purpose_in_all_languages(key), next(iter(earlier.values()))["version"]
                    is_same = {code: purpose | {"version": version} for code, purpose in now.items()} == earlier
                    versions[key] = version if is_same else version + 1
            open_keys = [key for key in open_keys if key not in before.purpose_keys]
            if not open_keys:
                break
        for wording in draft.wording.values():
            for purpose in wording["purposes"]:
                purpose["version"] = versions[purpose["key"]]


class NoticeVersion(FrozenVersion):
    """A version of the notice that is or was in force: wording, HTML and style, in every language. Append-only.

    `wording` maps a language to the result of `notice_wording`, with a `version` in each purpose. `html` maps a
    language to the rendered notice.
    """

    published_at = models.DateTimeField(_("published"), default=timezone.now)
    asks_again = models.BooleanField(_("asks everyone again"))
    html = models.JSONField(_("as rendered"))
    style = models.TextField(_("style"))

    objects = NoticeVersionQuerySet.as_manager()

    class Meta(FrozenVersion.Meta):
        verbose_name = _("notice version")
        verbose_name_plural = _("notice versions")

    def part(self, language: str) -> dict:
        """Return the hashed content in `language`."""
        return {"html": self.html[language], "wording": self.wording[language]}

    def part_digests(self) -> dict[str, str]:
        """Return the digests of the parts by language, and of the style. `digest` is computed from them."""
        return {code: json_digest(self.part(code)) for code in self.wording} | {"style": json_digest(self.style)}

    def content(self) -> dict:
        """Return the hashed content: every field except `digest`, the texts as their digests."""
        return {
            "number": self.number,
            "published_at": rfc3339(self.published_at),
            "asks_again": self.asks_again,
            "parts": self.part_digests(),
        }

    def as_evidence(self, language: str) -> dict:
        """Return this version in one language, with the digests of all parts."""
        shown = self.language_shown(language)
        return {
            "number": self.number,
            "published_at": rfc3339(self.published_at),
            "asks_again": self.asks_again,
            "language": shown,
            "parts": self.part_digests(),
            **self.part(shown),
        }

    def html_in(self, language: str) -> str:
        return self.html[self.language_shown(language)]

    def texts_in(self, language: str) -> dict:
        """Return the wording for pages in `language`, with untranslated texts as TranslatedText."""
        return with_languages(self.wording_in(language), self.language_shown(language))

    def languages(self) -> set[str]:
        """Return the languages in which every text is translated."""
        wordings = self.wording.items()
        return {code for code, wording in wordings if not any("languages" in part for part in parts_of(wording))}

    def purpose_texts(self, language: str) -> list[str]:
        """Return the texts of the purposes, providers and cookies, which the Cookies page shows."""
        purposes = self.wording_in(language)["purposes"]
        values = [value for purpose in purposes for part in parts_of(purpose) for value in part.values()]
        return [value for value in values if isinstance(value, str)]

    def purpose_in_all_languages(self, key: str) -> dict[str, dict]:
        """Return the wording of a purpose by language."""
        return {
            code: purpose
            for code, wording in self.wording.items()
            for purpose in wording["purposes"]
            if purpose["key"] == key
        }

    def changes_since(self, before: "NoticeVersion | None") -> list[Change]:
        """Return the texts that differ from `before`, in all languages."""
        old = before.wording if before else {}
        return [
            change for code, wording in self.wording.items() for change in changes_between(old.get(code), wording, code)
        ]

    def widenings_since(self, before: "NoticeVersion | None") -> list[Widened]:
        """Return the differences through which more happens than visitors of `before` were asked about."""
        return widenings(before, self)

    def with_valid_answers(self) -> list["NoticeVersion"]:
        """Return the versions whose answers hold while this one is in force, newest first."""
        versions = type(self).objects.filter(number__range=(self.asked_since, self.number))
        return list(versions.defer("html", "style"))

    def not_asked_about_under(self, before: "NoticeVersion | None") -> list[Widened]:
        """Return the differences through which more happens than visitors were asked about whose answers hold.

        `before` is the version in force. It may lack a language that an earlier version has.
        """
        versions = before.with_valid_answers() if before else []
        return list(dict.fromkeys(widened for version in versions for widened in self.widenings_since(version)))

    def unannounced_purposes(self, before: "NoticeVersion | None") -> list[str]:
        """Return the names of purposes that `before` did not ask about, if its introduction did not change since.

        The introduction is free text, and may still say that they are not used.
        """
        if before is None or before.introduction != self.introduction:
            return []
        asked = {purpose["key"] for purpose in before.purposes if purpose["providers"]}
        return [purpose["name"] for purpose in self.purposes if purpose["providers"] and purpose["key"] not in asked]

    def log_details(self, before: "NoticeVersion | None") -> str:
        """Return what the access log says of putting this version in force after `before`, in the source language."""
        with translation.override(settings.LANGUAGE_CODE):
            widened = "; ".join(map(str, self.not_asked_about_under(before)))
        asked = "asks everyone again" if self.asks_again else "asks nobody again"
        return f"{self}, {asked}, {f'widened: {widened}' if widened else 'nothing widened'}"

    @property
    def purpose_keys(self) -> set[str]:
        return {purpose["key"] for purpose in self.purposes}

    @property
    def introduction(self) -> str:
        return self.wording[settings.LANGUAGE_CODE]["introduction"]

    @property
    def purposes(self) -> list[dict]:
        return self.wording[settings.LANGUAGE_CODE]["purposes"]

    @cached_property
    def optional_providers(self) -> dict[str, dict]:
        """Providers that visitors are asked about, in the source language, by their keys. Each has its `purpose`."""
        return {
            provider["key"]: provider | {"purpose": purpose["key"]}
            for purpose in self.purposes
            for provider in purpose["providers"]
        }

    def names(self, provider: str, origins: Iterable[str]) -> bool:
        """Whether this version names the provider with this key, and all of `origins` as its hosts."""
        named = self.optional_providers.get(provider)
        return named is not None and set(origins) <= set(named["hosts"])

    def answers_with_versions(self, answers: dict[str, bool]) -> dict[str, dict]:
        """Return each answer with the purpose of its provider and the version of that purpose."""
        versions = {purpose["key"]: purpose["version"] for purpose in self.purposes}
        purposes = {key: provider["purpose"] for key, provider in self.optional_providers.items()}
        return {
            key: {"granted": granted, "purpose": purposes[key], "version": versions[purposes[key]]}
            for key, granted in answers.items()
        }

    @cached_property
    def asked_since(self) -> int:
        """Number of the oldest version whose answers still hold: the newest that asked everyone again."""
        versions = type(self).objects.filter(number__lte=self.number, asks_again=True)
        return versions.order_by("-number").values_list("number", flat=True).first() or 1
