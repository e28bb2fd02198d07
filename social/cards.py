"""Share cards: the picture that a link to a page brings along where people pass it on."""

import logging
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from hashlib import sha256
from io import BytesIO
from math import ceil
from pathlib import Path

from django.conf import settings
from django.http import Http404
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import translation
from PIL import Image

from alliance.models import Alliance, Deliverable, Initiative
from consent.views import RECEIPT, SEALS, SETTINGS
from pages.models import Page
from partners import cloth
from partners.cloth import COLOURS, PAPER
from partners.models import PartnerUniversity
from security.files import write_atomically
from social import label

logger = logging.getLogger(__name__)

WIDTH, HEIGHT = 1200, 630
INK, ACCENT = "#1b1e25", "#8a2f1b"
# A crossing of the cloth of one university and of the cloth of all takes so many pixels.
CITY_PITCH, ALLIANCE_PITCH = 25, 20
# What has a card: the kind in its address, the model, and the field with the words.
KINDS = {
    "page": (Page, "title"),
    "partner": (PartnerUniversity, "name"),
    "deliverable": (Deliverable, "title"),
    "initiative": (Initiative, "title"),
}
# The pages of consent, which are in no table.
SCREENS = {screen.url_name.replace(":", "-"): screen for screen in (SETTINGS, RECEIPT, SEALS)}
# Other code draws other pictures, so it is part of what a card is known by.
DRAWN_BY = sha256(
    b"".join(Path(source).read_bytes() for source in (__file__, cloth.__file__, label.__file__, *label.FACES))
).hexdigest()


def identity(subject) -> tuple[str, str] | None:
    """The kind and the key by which the address of a card names what it is about; None if that has no card."""
    for key, screen in SCREENS.items():
        if subject is screen:
            return "screen", key
    return next(
        ((kind, subject.key) for kind, (model, _words) in KINDS.items() if isinstance(subject, model)),
        None,
    )


def find(kind: str, key: str):
    """The published thing that a card's address names. Raises Http404 where there is none."""
    if kind == "screen" and key in SCREENS:
        return SCREENS[key]
    if kind not in KINDS:
        raise Http404("there are no cards of that kind")
    return get_object_or_404(KINDS[kind][0].objects.published(), key=key)


def everything() -> Iterator:
    """All that has a card."""
    for model, _words in KINDS.values():
        yield from model.objects.published()
    yield from SCREENS.values()


def every_card() -> Iterator["Card"]:
    """The cards of all that has one, in every language that is offered; none before any content is loaded."""
    alliance = Alliance.objects.with_host().first()
    if alliance is None:
        return
    universities = list(PartnerUniversity.objects.published().for_map())
    for subject in everything():
        for language, _name in settings.LANGUAGES:
            with translation.override(language):
                card = Card.of(subject, alliance, universities)
            yield card


@dataclass(frozen=True)
class Card:
    """The card of one page in one language: what its address says, and what is drawn.

    `city` is the university whose cloth is drawn; without one it is the cloth of all `universities`.
    """

    language: str
    kind: str
    key: str
    title: str
    line: str
    city: PartnerUniversity | None
    universities: tuple[PartnerUniversity, ...]

    @classmethod
    def of(cls, subject, alliance: Alliance, universities: Iterable[PartnerUniversity]) -> "Card":
        """The card of `subject` in the active language."""
        kind, key = identity(subject)
        title = str(subject) if kind == "screen" else getattr(subject, KINDS[kind][1])
        line = f"{alliance.acronym} · {alliance.host.name}"
        city = subject if kind == "partner" else None
        return cls(translation.get_language(), kind, key, title, line, city, tuple(universities))

    @cached_property
    def digest(self) -> str:
        """What changes when anything that is drawn changes."""
        woven = [
            (one.founded, float(one.latitude), float(one.longitude), one.order)
            for one in (*filter(None, [self.city]), *self.universities)
        ]
        drawn = (self.title, self.line, bool(self.city), woven, DRAWN_BY)
        return sha256(repr(drawn).encode()).hexdigest()[:20]

    @property
    def path(self) -> str:
        """The address of the picture; another picture has another address."""
        return reverse("share-card", args=[self.language, self.kind, self.key, self.digest])

    @property
    def file(self) -> Path:
        """Where the picture is kept."""
        return settings.DATA_DIR / "share" / f"{self.digest}.png"

    @property
    def art(self) -> Image.Image:
        """The cloth that the label lies on."""
        pitch = CITY_PITCH if self.city else ALLIANCE_PITCH
        warps, wefts = ceil(WIDTH / pitch), ceil(HEIGHT / pitch)
        if self.city:
            return cloth.city_cloth(self.city, self.universities, warps, wefts).image(pitch)
        if not self.universities:
            return Image.new("RGB", (WIDTH, HEIGHT), PAPER)
        threads = min(len(self.universities), cloth.THREADS)
        each, digit = ceil(warps / threads), ceil(wefts / cloth.YEAR_DIGITS)
        return cloth.alliance_cloth(self.universities, each, digit).image(pitch)

    def draw(self) -> bytes:
        """The picture as a PNG file, drawn anew."""
        picture = self.art.crop((0, 0, WIDTH, HEIGHT))
        edge = COLOURS[self.city.thread] if self.city else ACCENT
        label.sew(picture, self.title, self.line, edge, (PAPER, INK, ACCENT))
        file = BytesIO()
        # Few colours: a palette makes the file half as large.
        picture.quantize(128).save(file, "PNG")
        return file.getvalue()

    def png(self) -> bytes:
        """The picture as a PNG file, from the disk where it is kept. A disk that fails costs time, and no picture."""
        try:
            return self.file.read_bytes()
        except OSError:
            png = self.draw()
        try:
            self.keep(png)
        except OSError as error:
            logger.warning("a share card could not be kept: %s", error)
        return png

    def keep(self, png: bytes):
        self.file.parent.mkdir(parents=True, exist_ok=True)
        write_atomically(self.file, png)
