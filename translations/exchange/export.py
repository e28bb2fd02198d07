"""Files for translators."""

from babel.messages.catalog import Catalog
from django.conf import settings
from django.db import models

from translations.exchange import po, xliff
from translations.exchange.units import Scope


class Format(models.TextChoices):
    XLIFF = "xliff", "XLIFF 2.1"
    PO = "po", "PO (gettext)"

    @property
    def suffix(self) -> str:
        return {Format.XLIFF: ".xlf", Format.PO: ".po"}[self]

    @property
    def content_type(self) -> str:
        return {Format.XLIFF: "application/xliff+xml", Format.PO: "text/x-gettext-translation; charset=utf-8"}[self]


def export(texts, scope: Scope, form: Format, site: str = "") -> bytes:
    """The texts of `scope` as a file; `site` is what addresses begin with."""
    units = texts.units(scope, site)
    if form == Format.PO:
        plural_forms = Catalog(locale=texts.language.replace("-", "_")).plural_forms
        return po.write(texts.language, units, plural_forms)
    return xliff.write(texts.language, settings.LANGUAGE_CODE, units, texts.kind)
