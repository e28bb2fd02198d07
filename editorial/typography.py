"""No-break spaces and hyphens, added when a text is shown, so that editors do not have to type them."""

import re

from editorial.clean_text import TAG
from editorial.phrases import language_of

NO_BREAK, NARROW_NO_BREAK = "\N{NO-BREAK SPACE}", "\N{NARROW NO-BREAK SPACE}"
# A plain hyphen and a word joiner, because many fonts have no NON-BREAKING HYPHEN.
NO_BREAK_HYPHEN, NO_BREAK_DASH = "-\N{WORD JOINER}", "–\N{WORD JOINER}"
UNITS = (
    "%|‰|€|°C|km²?|m²?|cm|mm|kg|EUR|ECTS|mln|mld|mrd|Mio\\.|Mrd\\.|milj\\.|million|billion|milioni?|miljoner|miljoonaa"
)
# Pattern → replacement. They keep together: a number and its unit, a short number and its noun (2 months, 24 November),
# groups of three digits, a law or acronym and its number, the parts of “e-mail” and “post-industrial”, the years of a
# range.
ALL_LANGUAGES = [
    (re.compile(rf"(?<=\d) (?=(?:{UNITS})(?!\w))"), NO_BREAK),
    (re.compile(r"(?<![\w.,=/–-])(\d\d?) (?=[^\W\d_])"), rf"\1{NO_BREAK}"),
    (re.compile(r"(?<=\d) (?=\d{3}(?!\d))"), NO_BREAK),
    (
        re.compile(r"(?<!\w)([Aa]rticle|[Aa]rt\.|[Aa]rtikel|[Aa]rtículo|[A-Z]{2,}|\((?:EU|UE|AB)\)) (?=\d)"),
        rf"\1{NO_BREAK}",
    ),
    (re.compile(r"\b([Ee])-(?=mail)"), rf"\1{NO_BREAK_HYPHEN}"),
    (re.compile(r"(?<![\w/.-])([Pp]ost|[Ii]nter)-(?=[^\W\d_])"), rf"\1{NO_BREAK_HYPHEN}"),
    (re.compile(r"(?<=\d)–(?=\d)"), NO_BREAK_DASH),
]
LANGUAGES = {
    # Source: Lexique des règles typographiques en usage à l'Imprimerie nationale.
    "fr": [
        (re.compile(r" (?=[;!?](?!\w))"), NARROW_NO_BREAK),
        (re.compile(r" (?=[:»])|(?<=«) "), NO_BREAK),
        # A verb and its pronoun: transformera-t-elle, qu’est-ce, dites-nous.
        (re.compile(r"(?<=\w)-(?=(?:t-)?(?:ils?|elles?|on|ce|nous|vous)\b)|(?<=\bau)-(?=delà)"), NO_BREAK_HYPHEN),
    ],
    # A line does not end with a word of one letter, also before a tag, where a part of HTML ends.
    "pl": [
        (re.compile(r"(?<=\b[aiouwzAIOUWZ]) (?=\S|\Z)"), NO_BREAK),
        (re.compile(r"\b(ust\.|lit\.|ul\.|np\.|nr|za(?= nie)) (?=\S)"), rf"\1{NO_BREAK}"),
        (re.compile(r"(?<=\d{4}) (?=r\.|rok)"), NO_BREAK),
    ],
    "hr": [(re.compile(r"(?<=\b[aikosuAIKOSU]) (?=\S|\Z)"), NO_BREAK)],
}


def typeset(text: str, language: str) -> str:
    """Return `text` with no-break spaces and hyphens according to the rules of `language`."""
    for pattern, replacement in (*ALL_LANGUAGES, *LANGUAGES.get(language, ())):
        text = pattern.sub(replacement, text)
    return text


def typeset_html(html: str, language: str) -> str:
    """Like `typeset` for HTML, by the rules of each phrase's language. Tags and their attributes are not changed."""
    parts = TAG.split(html)
    languages = [language]
    for index, part in enumerate(parts):
        if index % 2 == 0:
            parts[index] = typeset(part, languages[-1])
        elif part.startswith("<span"):
            languages.append((language_of(part) or languages[-1]).partition("-")[0].lower())
        elif part == "</span>":
            languages.pop()
    return "".join(parts)
