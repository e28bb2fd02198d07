"""Spaces and hyphens at which no line may break, set when a text is shown, so that editors need not think of them."""

import re

NO_BREAK, NARROW_NO_BREAK = "\N{NO-BREAK SPACE}", "\N{NARROW NO-BREAK SPACE}"
# After a plain hyphen, which every face has; a hyphen that does not break is missing in many.
NO_BREAK_HYPHEN, NO_BREAK_DASH = "-\N{WORD JOINER}", "–\N{WORD JOINER}"
UNITS = (
    "%|‰|€|°C|km²?|m²?|cm|mm|kg|EUR|ECTS|mln|mld|mrd|Mio\\.|Mrd\\.|milj\\.|million|billion|milioni?|miljoner|miljoonaa"
)
# A number keeps its unit, a short one what it counts (2 months, 24 November), a long one all its groups of three
# digits, a law and an acronym their number, an e-mail its e, and a span of years its end.
EVERYWHERE = [
    (re.compile(rf"(?<=\d) (?=(?:{UNITS})(?!\w))"), NO_BREAK),
    (re.compile(r"(?<![\w.,=/–-])(\d\d?) (?=[^\W\d_])"), rf"\1{NO_BREAK}"),
    (re.compile(r"(?<=\d) (?=\d{3}(?!\d))"), NO_BREAK),
    (
        re.compile(r"(?<!\w)([Aa]rticle|[Aa]rt\.|[Aa]rtikel|[Aa]rtículo|[A-Z]{2,}|\((?:EU|UE|AB)\)) (?=\d)"),
        rf"\1{NO_BREAK}",
    ),
    (re.compile(r"\b([Ee])-(?=mail)"), rf"\1{NO_BREAK_HYPHEN}"),
    (re.compile(r"(?<=\d)–(?=\d)"), NO_BREAK_DASH),
]
IN_LANGUAGE = {
    # Lexique des règles typographiques en usage à l'Imprimerie nationale.
    "fr": [
        (re.compile(r" (?=[;!?](?!\w))"), NARROW_NO_BREAK),
        (re.compile(r" (?=[:»])|(?<=«) "), NO_BREAK),
        # A verb keeps its pronoun: transformera-t-elle, qu’est-ce, dites-nous.
        (re.compile(r"(?<=\w)-(?=(?:t-)?(?:ils?|elles?|on|ce|nous|vous)\b)|(?<=\bau)-(?=delà)"), NO_BREAK_HYPHEN),
    ],
    # A word of one letter does not stand at the end of a line.
    "pl": [
        (re.compile(r"(?<=\b[aiouwzAIOUWZ]) (?=\S)"), NO_BREAK),
        (re.compile(r"\b(ust\.|lit\.|ul\.|np\.|nr|za(?= nie)) (?=\S)"), rf"\1{NO_BREAK}"),
        (re.compile(r"(?<=\d{4}) (?=r\.|rok)"), NO_BREAK),
    ],
    "hr": [(re.compile(r"(?<=\b[aikosuAIKOSU]) (?=\S)"), NO_BREAK)],
}
# A tag, whatever stands in its attributes, or what lies between two tags.
PARTS = re.compile(r"""(<(?:[^<>"']|"[^"]*"|'[^']*')*>)""")


def typeset(text: str, language: str) -> str:
    """`text` in `language`, with spaces and hyphens made unbreakable where a line should not end."""
    for pattern, unbreakable in (*EVERYWHERE, *IN_LANGUAGE.get(language, ())):
        text = pattern.sub(unbreakable, text)
    return text


def typeset_html(html: str, language: str) -> str:
    """The same within HTML; tags and their attributes stay as they are."""
    parts = PARTS.split(html)
    return "".join(part if place % 2 else typeset(part, language) for place, part in enumerate(parts))
