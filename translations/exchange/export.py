"""Export of exchange files."""

from babel.messages.catalog import Catalog
from django.db import models

from translations.exchange import po, xliff
from translations.exchange.units import Scope, TextCollection


class Format(models.TextChoices):
    XLIFF = "xliff", "XLIFF 2.1"
    PO = "po", "PO (gettext)"

    @property
    def suffix(self) -> str:
        return {Format.XLIFF: ".xlf", Format.PO: ".po"}[self]

    @property
    def content_type(self) -> str:
        return {Format.XLIFF: "application/xliff+xml", Format.PO: "text/x-gettext-translation; charset=utf-8"}[self]


def export(texts: TextCollection, scope: Scope, file_format: Format, site: str = "") -> bytes:
    """An exchange file with the texts of `scope`; `site` is the base URL of links, such as https://unic.example."""
    units = texts.units(scope, site)
    if file_format == Format.PO:
        plural_forms = Catalog(locale=texts.language.replace("-", "_")).plural_forms
        return po.write(texts.language, units, plural_forms)
    return xliff.write(texts.language, texts.source_language, units, texts.kind)
