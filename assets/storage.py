"""Static files for production: hashed names, compressed, and the project's own style sheets and scripts minified."""

import re
from pathlib import Path

from django.contrib.staticfiles import finders
from django.core.files.base import ContentFile
from rcssmin import cssmin
from rjsmin import jsmin
from whitenoise.storage import CompressedManifestStaticFilesStorage

IMPORT = re.compile(r'@import url\("([^"]+)"\);')


def source(name: str) -> str:
    """The source of a static file. Raises FileNotFoundError."""
    path = finders.find(name)
    if path is None:
        raise FileNotFoundError(name)
    return Path(path).read_text(encoding="utf-8")


def with_imports(sheet: str) -> str:
    """Replace the imports of a style sheet by the imported sheets, which saves requests."""
    return IMPORT.sub(lambda match: source(f"css/{match[1]}"), sheet)


def minified_css(sheet: str) -> str:
    return cssmin(with_imports(sheet))


# Folder of the project's own files, which equals their suffix → minifier.
MINIFIERS = {"css": minified_css, "js": jsmin}


class StaticFilesStorage(CompressedManifestStaticFilesStorage):
    """WhiteNoise's storage, with minified style sheets and scripts of the project."""

    def post_process(self, paths, **options):
        # Django must hash the saved files: the sources of style sheets still have their imports.
        own = {name: (self, name) for name in paths if name.split("/")[0] in MINIFIERS}
        yield from super().post_process(paths | own, **options)

    def _save(self, name, content):
        folder = name.split("/")[0]
        if folder in MINIFIERS and name.endswith(f".{folder}"):
            text = b"".join(content.chunks()).decode()
            content = ContentFile(MINIFIERS[folder](text).encode())
        return super()._save(name, content)
