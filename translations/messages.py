"""Interface texts: extraction from code and templates, and the catalogs locale/<language>/LC_MESSAGES/django.po.

The program has catalogs of some languages, SITE_DIR those of others.
"""

import re
from collections.abc import Iterator, Sequence
from io import BytesIO
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import DEFAULT_KEYWORDS, extract
from babel.messages.pofile import read_po, write_po
from django.conf import settings
from django.utils.translation import to_locale
from django.utils.translation.template import templatize

KEYWORDS = DEFAULT_KEYWORDS | {
    "gettext_lazy": None,
    "pgettext_lazy": ((1, "c"), 2),
    "ngettext_lazy": (1, 2),
}
TRANSLATOR_COMMENTS = ("Translators:",)
EXCLUDED_FOLDERS = {".venv", "var", "node_modules", "tests", "migrations"}


def sources(pattern: str) -> Iterator[Path]:
    """The source files of the program and of SITE_DIR that match `pattern`, sorted."""
    for folder in filter(None, (settings.BASE_DIR, settings.SITE_DIR)):
        for path in sorted(folder.rglob(pattern)):
            if not EXCLUDED_FOLDERS & set(path.relative_to(folder).parts):
                yield path


def extract_messages() -> Catalog:
    """A catalog of all interface texts in code and templates, with their locations."""
    catalog = Catalog(charset="utf-8")
    for path in sources("*.py"):
        add_messages(catalog, path, "python", path.read_bytes())
    for path in [*sources("*.html"), *sources("templates/**/*.txt")]:
        # templatize() turns a template into gettext calls, which are valid JavaScript without the u of u"".
        calls = re.sub(r"\bu(?=['\"])", "", templatize(path.read_text(encoding="utf-8")))
        add_messages(catalog, path, "javascript", calls.encode())
    return catalog


def add_messages(catalog: Catalog, path: Path, method: str, content: bytes):
    """Add the texts in `content`; `method` is the extraction method of Babel: python or javascript."""
    found = extract(method, BytesIO(content), KEYWORDS, TRANSLATOR_COMMENTS, options={"encoding": "utf-8"})
    for line, message, comments, context in found:
        name = path.relative_to(settings.BASE_DIR) if path.is_relative_to(settings.BASE_DIR) else path.name
        location = (str(name), line)
        catalog.add(message, locations=[location], auto_comments=comments, context=context)


def is_shipped(code: str) -> bool:
    """Whether the program has the interface in the language. The texts in code and templates are English."""
    return code == "en" or (settings.BASE_DIR / "locale" / to_locale(code)).is_dir()


def po_path(code: str) -> Path:
    """The catalog of the program, or that of the installation for a language that the program does not have."""
    folder = settings.BASE_DIR if is_shipped(code) or settings.SITE_DIR is None else settings.SITE_DIR
    return folder / "locale" / to_locale(code) / "LC_MESSAGES" / "django.po"


def read_catalog(code: str) -> Catalog:
    """The catalog of the language `code`; empty if there is no file."""
    path = po_path(code)
    if not path.exists():
        return Catalog(locale=code.replace("-", "_"), charset="utf-8", fuzzy=False)
    with path.open("rb") as file:
        return read_po(file, locale=code.replace("-", "_"))


def write_catalog(code: str, catalog: Catalog):
    """Write the catalog of the language `code`, without the dates of the usual header, which would always differ."""
    path = po_path(code)
    path.parent.mkdir(parents=True, exist_ok=True)
    header = (
        f'msgid ""\nmsgstr ""\n"Language: {code}\\n"\n"MIME-Version: 1.0\\n"\n'
        f'"Content-Type: text/plain; charset=utf-8\\n"\n"Content-Transfer-Encoding: 8bit\\n"\n'
        f'"Plural-Forms: {catalog.plural_forms}\\n"\n\n'
    )
    with path.open("wb") as file:
        file.write(header.encode())
        write_po(
            file, catalog, width=120, sort_by_file=True, ignore_obsolete=True, include_lineno=False, omit_header=True
        )


def forms_of(text: str | Sequence[str] | None) -> tuple[str, ...]:
    """The plural forms of a text of a catalog, or the text itself if it has none."""
    return (text or "",) if text is None or isinstance(text, str) else tuple(text)


def untranslated_messages(code: str, template: Catalog) -> list[str]:
    """The texts of `template` without a finished translation into `code`: missing, fuzzy or without a plural form."""
    catalog = read_catalog(code)
    untranslated = []
    for message in template:
        if not message.id:
            continue
        singular = forms_of(message.id)[0]
        known = catalog.get(singular, message.context)
        if (
            known is None
            or known.fuzzy
            or known.pluralizable != message.pluralizable
            or not all(forms_of(known.string))
        ):
            untranslated.append(singular)
    return untranslated
