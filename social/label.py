"""The label that is sewn onto the cloth of a share card: a title, set so that it fits whatever its length."""

from collections.abc import Iterable
from functools import cache
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

# The first face that has all letters of a text sets it: Archivo for Latin, Golos Text for Cyrillic.
FACES = tuple(Path(__file__).parent / "fonts" / name for name in ("Archivo-Bold.ttf", "GolosText-Bold.ttf"))
# A title shrinks from the largest size by steps until it takes no more than so many lines.
LARGEST, SMALLEST, STEP, MOST_LINES = 76, 32, 4, 4
LEADING = 1.14
# A character that no face has, to compare others with.
NO_LETTER = "\U0010ffff"


@cache
def font(face: Path, size: int) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(face, size)


@cache
def has(face: Path, letter: str) -> bool:
    """Whether `face` draws `letter` itself and not the box that stands for a missing one."""
    if letter.isspace():
        return True
    probe = font(face, SMALLEST)
    return bytes(probe.getmask(letter)) != bytes(probe.getmask(NO_LETTER))


def set_in_a_face(text: str) -> tuple[Path, str]:
    """The face that has most letters of `text`, and the text with its spaces made single, without what it lacks."""
    face = max(FACES, key=lambda candidate: sum(has(candidate, letter) for letter in text))
    return face, " ".join("".join(letter for letter in text if has(face, letter)).split())


def lines_of(text: str, face: ImageFont.FreeTypeFont, width: int) -> list[str]:
    """`text` in lines that are no wider than `width`; a word that is wider by itself is broken."""
    lines = [""]
    for word in text.split():
        joined = f"{lines[-1]} {word}".lstrip()
        if face.getlength(joined) <= width:
            lines[-1] = joined
            continue
        if lines[-1]:
            lines.append("")
        for letter in word:
            if lines[-1] and face.getlength(lines[-1] + letter) > width:
                lines.append("")
            lines[-1] += letter
    return lines


def fitted(text: str, face: Path, width: int) -> tuple[ImageFont.FreeTypeFont, list[str]]:
    """The largest size at which `text` takes few enough lines and no word is broken, and those lines."""
    for size in range(LARGEST, SMALLEST, -STEP):
        large = font(face, size)
        lines = lines_of(text, large, width)
        if len(lines) <= MOST_LINES and all(large.getlength(word) <= width for word in text.split()):
            return large, lines
    return font(face, SMALLEST), lines_of(text, font(face, SMALLEST), width)


def sew(picture: Image.Image, title: str, line: str, edge: str, colours: Iterable[str]):
    """Put a label with a small `line` and the `title` onto the lower left of `picture`.

    `edge` is the colour of its left edge, `colours` are those of its ground, of the title and of the line.
    """
    ground, ink, accent = colours
    margin, padding, bar = 60, 44, 16
    width = picture.width - 2 * margin - 2 * padding - bar
    face, text = set_in_a_face(title)
    title_font, lines = fitted(text, face, width)
    small_face, small_text = set_in_a_face(line)
    small_font = font(small_face, 28)
    leading = round(title_font.size * LEADING)
    longest = max([small_font.getlength(small_text), *map(title_font.getlength, lines)])
    height = 2 * padding + 48 + leading * len(lines)
    left, top = margin, picture.height - margin - height
    right, bottom = left + bar + 2 * padding + round(min(longest, width)), picture.height - margin

    draw = ImageDraw.Draw(picture)
    draw.rectangle((left, top, right, bottom), ground)
    draw.rectangle((left, top, left + bar, bottom), edge)
    x, y = left + bar + padding, top + padding
    draw.text((x, y + 22), small_text, accent, small_font, anchor="ls")
    for number, words in enumerate(lines, start=1):
        draw.text((x, y + 48 + leading * number - title_font.size // 4), words, ink, title_font, anchor="ls")
