"""Spaces at which no line may break, set when a text is shown, so that editors need not think of them."""

import re

NO_BREAK, NARROW_NO_BREAK = "\N{NO-BREAK SPACE}", "\N{NARROW NO-BREAK SPACE}"
UNITS = (
    "%|‰|€|°C|km²?|m²?|cm|mm|kg|EUR|ECTS|mln|mld|mrd|Mio\\.|Mrd\\.|milj\\.|million|billion|milioni?|miljoner|miljoonaa"
)
# A number keeps its unit, and a long number all its groups of three digits.
EVERYWHERE = [
    (re.compile(rf"(?<=\d) (?=(?:{UNITS})(?!\w))"), NO_BREAK),
    (re.compile(r"(?<=\d) (?=\d{3}(?!\d))"), NO_BREAK),
]
IN_LANGUAGE = {
    # Lexique des règles typographiques en usage à l'Imprimerie nationale.
    "fr": [
        (re.compile(r" (?=[;!?](?!\w))"), NARROW_NO_BREAK),
        (re.compile(r" (?=[:»])|(?<=«) "), NO_BREAK),
    ],
    # A word of one letter does not stand at the end of a line.
    "pl": [(re.compile(r"(?<=\b[aiouwzAIOUWZ]) (?=\S)"), NO_BREAK)],
    "hr": [(re.compile(r"(?<=\b[aikosuAIKOSU]) (?=\S)"), NO_BREAK)],
}
# A tag, whatever stands in its attributes, or what lies between two tags.
PARTS = re.compile(r"""(<(?:[^<>"']|"[^"]*"|'[^']*')*>)""")


def typeset(text: str, language: str) -> str:
    """`text` in `language`, with plain spaces made unbreakable where a line should not end."""
    for pattern, space in (*EVERYWHERE, *IN_LANGUAGE.get(language, ())):
        text = pattern.sub(space, text)
    return text


def typeset_html(html: str, language: str) -> str:
    """The same within HTML; tags and their attributes stay as they are."""
    parts = PARTS.split(html)
    return "".join(part if place % 2 else typeset(part, language) for place, part in enumerate(parts))
