"""HTML and style of the notice's dialog, which each notice version stores."""

import re
from base64 import b64encode
from pathlib import Path

from django.contrib.staticfiles import finders
from django.template.loader import render_to_string
from django.utils import translation

from assets.storage import with_imports
from consent.wording import with_languages

STYLESHEET = "css/site.css"


def dialog_html(wording: dict, language: str) -> str:
    """Return the notice with this wording, rendered in `language`."""
    with translation.override(language):
        notice = with_languages(wording, language)
        asked = [purpose for purpose in notice["purposes"] if purpose["providers"]]
        return render_to_string("consent/notice.html", {"notice": notice, "asked": asked})


def dialog_style() -> str:
    """Return the stylesheet of the dialog, with its fonts embedded.

    Raises FileNotFoundError if the stylesheet is missing.
    """
    path = finders.find(STYLESHEET)
    if path is None:
        raise FileNotFoundError(STYLESHEET)
    sheet = Path(path)

    def embedded(match: re.Match) -> str:
        font = b64encode((sheet.parent / match[1]).read_bytes()).decode()
        return f'url("data:font/woff2;base64,{font}")'

    return re.sub(r'url\("([^"]+\.woff2)"\)', embedded, with_imports(sheet.read_text(encoding="utf-8"), "css"))
