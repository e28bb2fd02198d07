"""The privacy policy that staff edit, and its versions: permanent copies of it as visitors read it."""

from typing import ClassVar, cast

from django.conf import settings
from django.db import models, transaction
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _
from modeltranslation.utils import build_localized_fieldname

from consent.comparison import Change
from consent.hashing import json_digest, rfc3339
from consent.models.frozen import FrozenVersion
from consent.wording import texts_of
from editorial.fields import RichTextField
from editorial.models import Content
from editorial.texts import TranslatedText
from translations.status.models import Translation, model_field

RIGHTS = (
    "access",
    "rectification",
    "erasure",
    "restriction",
    "objection",
    "portability",
    "withdrawal",
    "complaint",
)
# The sections of the policy in their order. Each is a field of the model, and its heading is the name of the field.
SECTIONS = (
    "controller",
    "officer",
    "purposes",
    "device_law",
    "recipients",
    "transfers",
    "periods",
    "provision",
    "automated_decisions",
)


class PrivacyPolicy(Content):
    """The facts that the law asks for in a privacy policy. There is exactly one.

    Visitors read the version in force, a PolicyVersion, and never an empty fact.
    """

    content_section = "privacy_policy"
    has_drafts = False
    heading_field = "controller"
    body_fields = ("purposes",)
    KEY = "policy"

    controller = models.CharField(
        _("Controller"),
        max_length=200,
        help_text=_("Name and postal address. Article 13(1)(a) GDPR."),
    )
    contact = models.EmailField(
        _("contact"), help_text=_("The e-mail address for questions about personal data. Article 13(1)(a) GDPR.")
    )
    officer = RichTextField(
        _("Data protection officer"),
        blank=True,
        help_text=_("Contact details. Public bodies must have one. Articles 13(1)(b) and 37 GDPR."),
    )
    purposes = RichTextField(
        _("Purposes and legal basis"),
        blank=True,
        help_text=_(
            "Each purpose with its legal basis. A public body cannot rely on legitimate interests in its tasks. "
            "Articles 6(1) and 13(1)(c) GDPR."
        ),
    )
    device_law = RichTextField(
        _("Storage on your device"),
        blank=True,
        help_text=_("The law of your country on cookies, which implements Article 5(3) of the ePrivacy Directive."),
    )
    recipients = RichTextField(_("Recipients"), blank=True, help_text=_("Article 13(1)(e) GDPR."))
    transfers = RichTextField(
        _("Transfers outside the European Economic Area"),
        blank=True,
        help_text=_("Say so if there are none. Article 13(1)(f) GDPR."),
    )
    periods = RichTextField(_("How long data are kept"), blank=True, help_text=_("Article 13(2)(a) GDPR."))
    access = RichTextField(_("Right of access"), blank=True, help_text=_("Articles 13(2)(b) and 15 GDPR."))
    rectification = RichTextField(
        _("Right to rectification"), blank=True, help_text=_("Articles 13(2)(b) and 16 GDPR.")
    )
    erasure = RichTextField(_("Right to erasure"), blank=True, help_text=_("Articles 13(2)(b) and 17 GDPR."))
    restriction = RichTextField(
        _("Right to restriction of processing"), blank=True, help_text=_("Articles 13(2)(b) and 18 GDPR.")
    )
    objection = RichTextField(_("Right to object"), blank=True, help_text=_("Articles 13(2)(b) and 21 GDPR."))
    portability = RichTextField(
        _("Right to data portability"),
        blank=True,
        help_text=_("Say so if it does not apply. Articles 13(2)(b) and 20 GDPR."),
    )
    withdrawal = RichTextField(
        _("Right to withdraw consent"), blank=True, help_text=_("Articles 7(3) and 13(2)(c) GDPR.")
    )
    complaint = RichTextField(
        _("Right to complain"), blank=True, help_text=_("Name the authority. Articles 13(2)(d) and 77 GDPR.")
    )
    provision = RichTextField(_("Whether you must give data"), blank=True, help_text=_("Article 13(2)(e) GDPR."))
    automated_decisions = RichTextField(
        _("Automated decisions and profiling"),
        blank=True,
        help_text=_("Say so if there are none. Articles 13(2)(f) and 22 GDPR."),
    )

    class Meta(Content.Meta):
        verbose_name = _("privacy policy")
        verbose_name_plural = _("privacy policy")
        constraints = [
            models.CheckConstraint(
                condition=Q(key="policy"),
                name="one_privacy_policy",
                violation_error_message=_("There is one privacy policy. Change it instead of adding another."),
            )
        ]

    def __str__(self):
        return capfirst(str(self._meta.verbose_name))

    def key_source(self) -> str:
        return self.KEY

    def section(self, name: str) -> dict:
        """Return one fact in the active language, with its heading and the language of an untranslated text."""
        texts = texts_of(self, name)
        section = {"key": name, "heading": heading(name), "text": texts[name]}
        return section | {"language": texts["languages"][name]} if "languages" in texts else section

    def wording(self) -> dict:
        """Return the facts in the active language, without the empty ones."""
        sections = [self.section(name) for name in SECTIONS]
        rights = [self.section(name) for name in RIGHTS]
        return {
            "contact": self.contact,
            "sections": [section for section in sections if section["text"]],
            "rights": [right for right in rights if right["text"]],
        }

    def translation_of(self, in_force: dict, drafts: dict) -> dict:
        """Return the wording `in_force` in the active language. `drafts` is the unpublished one; both in the source.

        A translation counts only if the source text is still the one in force. Otherwise the text is not translated.
        """

        def translate(part: str) -> list[dict]:
            texts = {section["key"]: section["text"] for section in drafts[part]}
            return [
                self.section(section["key"])
                if texts.get(section["key"]) == section["text"]
                else section | {"heading": heading(section["key"]), "language": settings.LANGUAGE_CODE}
                for section in in_force[part]
            ]

        return {"contact": in_force["contact"], "sections": translate("sections"), "rights": translate("rights")}

    def empty_facts(self) -> list[str]:
        """Return the names of the facts without a text in the source language."""
        columns = {name: build_localized_fieldname(name, settings.LANGUAGE_CODE) for name in (*SECTIONS, *RIGHTS)}
        return [name for name, column in columns.items() if not getattr(self, column)]


def edited_policy() -> PrivacyPolicy | None:
    """Return the policy that staff edit, or None before content is loaded."""
    return cast(PrivacyPolicy | None, PrivacyPolicy.objects.first())


def heading(name: str) -> str:
    return str(model_field(PrivacyPolicy, name).verbose_name)


class UntranslatedError(Exception):
    """The policy lacks texts in a language that visitors are offered, or has stale ones. `texts` has them."""

    def __init__(self, texts: "list[Translation]"):
        super().__init__(", ".join(f"{text.field_label} ({text.language})" for text in texts))
        self.texts = texts


class PolicyVersionQuerySet(models.QuerySet["PolicyVersion"]):
    def current(self) -> "PolicyVersion | None":
        """Return the policy in force, or None before the first is put in force."""
        return self.order_by("-number").first()

    def draft(self) -> "PolicyVersion":
        """Return the version that would be put in force now, not saved. Raises PrivacyPolicy.DoesNotExist."""
        current, policy = self.current(), cast(PrivacyPolicy, PrivacyPolicy.objects.get())
        draft = PolicyVersion(number=current.number + 1 if current else 1, wording={})
        for code, _name in settings.LANGUAGES:
            with translation.override(code):
                draft.wording[code] = policy.wording()
        draft.digest = draft.leaf()
        return draft

    def untranslated(self) -> "list[Translation]":
        """Return the texts of the policy that are missing or stale in a language that visitors are offered."""
        texts = Translation.objects.of_items(PrivacyPolicy.objects.all()).missing_or_stale()
        offered = texts.filter(language__in=[code for code, _name in settings.LANGUAGES])
        order = (*SECTIONS, *RIGHTS)
        return sorted(offered, key=lambda text: (text.language, order.index(text.field)))

    @transaction.atomic
    def put_in_force(self, draft: "PolicyVersion | None" = None) -> "PolicyVersion":
        """Put `draft`, by default the current one, in force, and return the new version.

        Without any change, returns the current version. Raises UntranslatedError and PrivacyPolicy.DoesNotExist, and
        IntegrityError if another version was put in force after the draft was made.
        """
        draft, current = draft or self.draft(), self.current()
        if current and current.part_digests() == draft.part_digests():
            return current
        if texts := self.untranslated():
            raise UntranslatedError(texts)
        draft.save(force_insert=True)
        return draft

    @transaction.atomic
    def refresh(self) -> "PolicyVersion | None":
        """Put the first version in force, or add the languages that the version in force lacks. Drafts stay drafts.

        Texts that are not translated yet are in the source language, because a site without a privacy policy would be
        worse. Returns the version in force, or None if there is no policy.
        """
        policy, current = edited_policy(), self.current()
        if policy is None:
            return current
        if current is None:
            fresh = self.draft()
        else:
            new = [code for code, _name in settings.LANGUAGES if code not in current.wording]
            if not new:
                return current
            fresh = PolicyVersion(number=current.number + 1, wording=dict(current.wording))
            in_force = current.wording[settings.LANGUAGE_CODE]
            with translation.override(settings.LANGUAGE_CODE):
                drafts = policy.wording()
            for code in new:
                with translation.override(code):
                    fresh.wording[code] = policy.translation_of(in_force, drafts)
        fresh.digest = fresh.leaf()
        fresh.save(force_insert=True)
        return fresh


class PolicyVersion(FrozenVersion):
    """The privacy policy as it was in force from a date on, in every language. Append-only.

    `wording` maps a language to the result of `PrivacyPolicy.wording`.
    """

    published_at = models.DateTimeField(_("in force since"), default=timezone.now)

    objects: ClassVar = PolicyVersionQuerySet.as_manager()

    class Meta(FrozenVersion.Meta):
        verbose_name = _("version of the privacy policy")
        verbose_name_plural = _("versions of the privacy policy")

    def get_absolute_url(self) -> str:
        return reverse("pages:policy-version", args=[self.number])

    def part_digests(self) -> dict[str, str]:
        """Return the digest of each language. `digest` is computed from them."""
        return {code: json_digest(wording) for code, wording in self.wording.items()}

    def content(self) -> dict:
        """Return the hashed content: every field except `digest`, the texts as their digests."""
        return {"number": self.number, "published_at": rfc3339(self.published_at), "parts": self.part_digests()}

    def languages(self) -> set[str]:
        """Return the languages in which every text is translated."""
        return {code for code in self.wording if not any("language" in text for text in self.texts(code))}

    def texts(self, language: str) -> list[dict]:
        """Return the sections and rights in `language`."""
        wording = self.wording_in(language)
        return [*wording["sections"], *wording["rights"]]

    def texts_in(self, language: str) -> dict:
        """Return the wording for pages in `language`, with its texts as TranslatedText."""
        shown = self.language_shown(language)
        wording = self.wording[shown]

        def for_page(section: dict) -> dict:
            text = TranslatedText(section["text"], section.get("language", shown))
            return section | {"heading": TranslatedText(section["heading"], shown), "text": text}

        return wording | {name: [for_page(section) for section in wording[name]] for name in ("sections", "rights")}

    def section_in(self, language: str, name: str) -> dict | None:
        """Return one section for pages in `language`, or None if it is empty."""
        sections = self.texts_in(language)["sections"]
        return next((section for section in sections if section["key"] == name), None)

    def changes_since(self, before: "PolicyVersion | None") -> list[Change]:
        """Return the texts that differ from `before`, in all languages."""
        changes = []
        for code, wording in self.wording.items():
            old = texts_by_heading(before.wording[code]) if before and code in before.wording else {}
            new = texts_by_heading(wording)
            changes += [
                Change(code, name, old.get(name, ""), new.get(name, ""))
                for name in dict.fromkeys([*new, *old])
                if old.get(name, "") != new.get(name, "")
            ]
        return changes


def texts_by_heading(wording: dict) -> dict[str, str]:
    texts = {section["heading"]: section["text"] for section in (*wording["sections"], *wording["rights"])}
    return texts | {heading("contact"): wording["contact"]}
