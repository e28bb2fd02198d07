"""Static files for production: hashed names, compressed, and the project's own style sheets and scripts minified."""

import re
from pathlib import Path
from posixpath import dirname, normpath

from django.contrib.staticfiles import finders
from django.core.files.base import ContentFile
from rcssmin import cssmin
from rjsmin import jsmin
from whitenoise.storage import CompressedManifestStaticFilesStorage

IMPORT = re.compile(r'@import url\("([^"]+)"\);')
# Folders with style sheets of the project.
STYLE_SHEETS = ("css", "consent", "editorial", "translations")


def source(name: str) -> str:
    """The source of a static file. Raises FileNotFoundError."""
    path = finders.find(name)
    if path is None:
        raise FileNotFoundError(name)
    return Path(path).read_text(encoding="utf-8")


def with_imports(sheet: str, folder: str) -> str:
    """Replace the imports of a style sheet in `folder` by the imported sheets, which saves requests."""
    return IMPORT.sub(lambda match: source(normpath(f"{folder}/{match[1]}")), sheet)


def minified(name: str, text: str) -> str:
    """Return the text of a style sheet or script of the project without comments and white space."""
    return cssmin(with_imports(text, dirname(name))) if name.endswith(".css") else jsmin(text)


def is_minified(name: str) -> bool:
    """Whether a file is a style sheet of the project, or a script of its public pages."""
    folder = name.split("/")[0]
    return (name.endswith(".css") and folder in STYLE_SHEETS) or (name.endswith(".js") and folder == "js")


class StaticFilesStorage(CompressedManifestStaticFilesStorage):
    """WhiteNoise's storage, with minified style sheets and scripts of the project."""

    def post_process(self, paths, **options):
        # Django must hash the saved files: the sources of style sheets still have their imports.
        own = {name: (self, name) for name in paths if is_minified(name)}
        yield from super().post_process(paths | own, **options)

    def _save(self, name, content):
        if is_minified(name):
            text = b"".join(content.chunks()).decode()
            content = ContentFile(minified(name, text).encode())
        return super()._save(name, content)
