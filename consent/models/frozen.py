"""Base of the permanent copies of texts that staff edit: versions of the notice and of the privacy policy."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from consent.hashing import json_digest
from consent.models.sealed import SealedRecord


class FrozenVersion(SealedRecord):
    """A numbered copy of texts in every language, sealed like a decision. `wording` maps a language to texts."""

    number = models.PositiveIntegerField(pgettext_lazy("running", "number"), unique=True)
    wording = models.JSONField(_("wording"))
    digest = models.CharField(_("digest"), max_length=64)

    class Meta:
        abstract = True
        ordering = ("-number",)
        default_permissions = ("view",)

    def __str__(self):
        return str(self.number)

    def part_digests(self) -> dict[str, str]:
        """Return the digests of the parts of this version. `digest` is computed from them."""
        raise NotImplementedError

    def content_digest(self) -> str:
        """Return the digest of everything that is shown. It changes with every change of a draft."""
        return json_digest(self.part_digests())

    def is_as_published(self) -> bool:
        """Whether the content still matches the digest."""
        return self.digest == self.leaf()

    def language_shown(self, language: str) -> str:
        """Return `language`, or the source language if this version lacks it."""
        return language if language in self.wording else settings.LANGUAGE_CODE

    def wording_in(self, language: str) -> dict:
        return self.wording[self.language_shown(language)]
