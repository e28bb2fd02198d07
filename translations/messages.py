"""The texts of the interface: found in code and templates, kept in locale/<language>/LC_MESSAGES/django.po."""

import re
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import DEFAULT_KEYWORDS, extract
from babel.messages.pofile import read_po, write_po
from django.conf import settings
from django.utils.translation.template import templatize

KEYWORDS = DEFAULT_KEYWORDS | {
    "gettext_lazy": None,
    "pgettext_lazy": ((1, "c"), 2),
    "ngettext_lazy": (1, 2),
}
TRANSLATOR_COMMENTS = ("Translators:",)
NOT_OURS = {".venv", "var", "node_modules", "tests", "migrations"}


def sources(pattern: str) -> Iterator[Path]:
    """The project's own files that match `pattern`, sorted."""
    for path in sorted(settings.BASE_DIR.rglob(pattern)):
        if not NOT_OURS & set(path.relative_to(settings.BASE_DIR).parts):
            yield path


def extract_messages() -> Catalog:
    """Every text of the interface that code and templates mark for translation, with where it stands."""
    catalog = Catalog(charset="utf-8")
    for path in sources("*.py"):
        add(catalog, path, "python", path.read_bytes())
    for path in [*sources("*.html"), *sources("templates/**/*.txt")]:
        # Django turns a template into calls of gettext, which read as JavaScript once Python's u"" is gone.
        calls = re.sub(r"\bu(?=['\"])", "", templatize(path.read_text(encoding="utf-8")))
        add(catalog, path, "javascript", calls.encode())
    return catalog


def add(catalog: Catalog, path: Path, method: str, content: bytes):
    found = extract(method, BytesIO(content), KEYWORDS, TRANSLATOR_COMMENTS, options={"encoding": "utf-8"})
    for line, message, comments, context in found:
        place = (path.relative_to(settings.BASE_DIR).as_posix(), line)
        catalog.add(message, locations=[place], auto_comments=comments, context=context)


def po_path(code: str) -> Path:
    return settings.LOCALE_PATHS[0] / code.replace("-", "_") / "LC_MESSAGES" / "django.po"


def read_catalog(code: str) -> Catalog:
    """The translations into `code`, empty where there are none yet."""
    path = po_path(code)
    if not path.exists():
        return Catalog(locale=code.replace("-", "_"), charset="utf-8", fuzzy=False)
    with path.open("rb") as file:
        return read_po(file, locale=code.replace("-", "_"))


def write_catalog(code: str, catalog: Catalog):
    """Write the translations into `code`, with no more of a header than gettext needs: no dates that always differ."""
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


def open_messages(code: str, template: Catalog) -> list[str]:
    """The texts of `template` that have no settled translation into `code`: missing, empty in a plural, or fuzzy."""
    catalog = read_catalog(code)
    unsettled = []
    for message in template:
        if not message.id:
            continue
        singular = message.id[0] if message.pluralizable else message.id
        known = catalog.get(singular, message.context)
        forms = [] if known is None else (known.string if known.pluralizable else [known.string])
        if not forms or not all(forms) or known.fuzzy or known.pluralizable != message.pluralizable:
            unsettled.append(singular)
    return unsettled
