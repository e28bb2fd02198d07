"""The label on a share card, with a title in the largest type size that fits."""

import unicodedata
from functools import cache
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

# Archivo for Latin, Golos Text for Cyrillic.
FONTS = tuple(Path(__file__).parent / "fonts" / name for name in ("Archivo-Bold.ttf", "GolosText-Bold.ttf"))
# Type sizes of the title in pixels, and the number of lines that it may take.
MAX_SIZE, MIN_SIZE, SIZE_STEP, MAX_LINES = 76, 32, 4, 4
LINE_HEIGHT = 1.14
# Ligatures of Latin letters, which text from PDFs contains and the fonts lack → their letters.
LIGATURES = {code: unicodedata.normalize("NFKC", chr(code)) for code in range(0xFB00, 0xFB07)}
# A character that no font has, to compare others with.
MISSING_CHARACTER = "\U0010ffff"


@cache
def load_font(path: Path, size: int) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(path, size)


@cache
def has_glyph(path: Path, character: str) -> bool:
    """Whether the font has a glyph for `character`, not only the box for missing ones."""
    if character.isspace():
        return True
    font = load_font(path, MIN_SIZE)
    return bytes(font.getmask(character)) != bytes(font.getmask(MISSING_CHARACTER))


def choose_font(text: str) -> tuple[Path, str]:
    """The font with most characters of `text`, and the text without the characters that it lacks.

    Runs of spaces become one space.
    """
    path = max(FONTS, key=lambda candidate: sum(has_glyph(candidate, character) for character in text))
    return path, " ".join("".join(character for character in text if has_glyph(path, character)).split())


def can_draw(text: str) -> bool:
    """Whether a font has all letters and digits of `text`. Other characters, such as emoji, can be missing."""
    return {*filter(str.isalnum, text)} == {*filter(str.isalnum, choose_font(text)[1])}


def break_lines(text: str, font: ImageFont.FreeTypeFont, width: int) -> list[str]:
    """`text` in lines of at most `width` pixels. A word that is wider is broken."""
    lines = [""]
    for word in text.split():
        joined = f"{lines[-1]} {word}".lstrip()
        if font.getlength(joined) <= width:
            lines[-1] = joined
            continue
        if lines[-1]:
            lines.append("")
        for letter in word:
            if lines[-1] and font.getlength(lines[-1] + letter) > width:
                lines.append("")
            lines[-1] += letter
    return lines


def fit_title(text: str, path: Path, width: int) -> tuple[ImageFont.FreeTypeFont, list[str]]:
    """The largest font in which `text` fits into MAX_LINES without a broken word, and the lines.

    If no size fits, the smallest one.
    """
    for size in range(MAX_SIZE, MIN_SIZE, -SIZE_STEP):
        font = load_font(path, size)
        lines = break_lines(text, font, width)
        if len(lines) <= MAX_LINES and all(font.getlength(word) <= width for word in text.split()):
            return font, lines
    font = load_font(path, MIN_SIZE)
    return font, break_lines(text, font, width)


def draw_label(picture: Image.Image, title: str, line: str, edge: str, colours: tuple[str, str, str]) -> None:
    """Draw a label with a small `line` and the `title` at the lower left of `picture`.

    `edge` is the colour of its left edge; `colours` are those of the background, the title and the line.
    """
    background, ink, accent = colours
    margin, padding, bar = 60, 44, 16
    width = picture.width - 2 * margin - 2 * padding - bar
    path, text = choose_font(title)
    title_font, lines = fit_title(text, path, width)
    small_path, small_text = choose_font(line)
    small_font = load_font(small_path, 28)
    line_height = round(title_font.size * LINE_HEIGHT)
    longest = max([small_font.getlength(small_text), *map(title_font.getlength, lines)])
    height = 2 * padding + 48 + line_height * len(lines)
    left, top = margin, picture.height - margin - height
    right, bottom = left + bar + 2 * padding + round(min(longest, width)), picture.height - margin

    draw = ImageDraw.Draw(picture)
    draw.rectangle((left, top, right, bottom), background)
    draw.rectangle((left, top, left + bar, bottom), edge)
    x, y = left + bar + padding, top + padding
    draw.text((x, y + 22), small_text, accent, small_font, anchor="ls")
    for number, title_line in enumerate(lines, start=1):
        draw.text((x, y + 48 + line_height * number - title_font.size // 4), title_line, ink, title_font, anchor="ls")
