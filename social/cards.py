"""Share cards: pictures for link previews in social media and messengers."""

import logging
from collections.abc import Callable, Iterable, Iterator
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

from alliance.models import Activity, Alliance, Deliverable, Initiative, Line
from consent.views import RECEIPT, SEALS, SETTINGS, ConsentPage
from pages.models import Page
from partners import weave
from partners.models import PartnerUniversity
from partners.weave import COLOURS, PAPER
from security.files import write_atomically
from social import label
from topics.models import SourcedContent

logger = logging.getLogger(__name__)

CardContent = Page | PartnerUniversity | Activity | SourcedContent | Line
Subject = CardContent | ConsentPage

WIDTH, HEIGHT = 1200, 630
INK, ACCENT = "#1b1e25", "#8a2f1b"
# Pixels per crossing, in the pattern of one university and in that of the alliance.
UNIVERSITY_PITCH, ALLIANCE_PITCH = 25, 20
# Content with cards: kind in the URL → model and title field.
KINDS: dict[str, tuple[type[CardContent], str]] = {
    "page": (Page, "title"),
    "partner": (PartnerUniversity, "name"),
    "deliverable": (Deliverable, "title"),
    "initiative": (Initiative, "title"),
    "line": (Line, "title"),
    # News, events, opportunities and projects.
    **{str(model._meta.model_name): (model, "title") for model in SourcedContent.__subclasses__()},
}
# Pages of the consent app, which are not content.
SCREENS = {screen.url_name.replace(":", "-"): screen for screen in (SETTINGS, RECEIPT, SEALS)}
# Digest of the code and fonts that draw a card. It is part of the URL, so that a change of design changes the URL.
CODE_DIGEST = sha256(
    b"".join(path.read_bytes() for path in (Path(__file__), Path(weave.__file__), Path(label.__file__), *label.FONTS))
).hexdigest()


def identity(subject) -> tuple[str, str] | None:
    """Kind and key of `subject` in the URL of its card; None if it has no card."""
    for key, screen in SCREENS.items():
        if subject is screen:
            return "screen", key
    return next(
        ((kind, subject.key) for kind, (model, _title) in KINDS.items() if isinstance(subject, model)),
        None,
    )


def find_subject(kind: str, key: str) -> Subject:
    """The published content or the screen that the URL of a card names.

    Raises Http404 if there is none.
    """
    if kind == "screen" and key in SCREENS:
        return SCREENS[key]
    if kind not in KINDS:
        raise Http404("there are no cards of that kind")
    return get_object_or_404(KINDS[kind][0].objects.published(), key=key)


def card_subjects() -> Iterator[Subject]:
    """All published content and screens that have a card."""
    for model, _title in KINDS.values():
        yield from model.objects.published()
    yield from SCREENS.values()


def all_cards() -> Iterator["Card"]:
    """The cards of all subjects in every language; none before content is loaded."""
    alliance = Alliance.objects.with_host().first()
    if alliance is None:
        return
    universities = list(PartnerUniversity.objects.published().for_map())
    for subject in card_subjects():
        for language, _name in settings.LANGUAGES:
            with translation.override(language):
                card = Card.of(subject, alliance, universities)
            yield card


def drawable(text: Callable[[], str]) -> str:
    """Return `text()` in the active language, or else in the first language in which a font has all its letters.

    If there is none, return an empty text.
    """
    for language in dict.fromkeys([translation.get_language(), *settings.CONTENT_LANGUAGES]):
        with translation.override(language):
            if label.can_draw(found := text().translate(label.LIGATURES)):
                return found
    return ""


@dataclass(frozen=True)
class Card:
    """The share card of one page in one language.

    The background is the weave pattern of `university`, or of the alliance if that is None. `line` is the small text
    above the title.
    """

    language: str
    kind: str
    key: str
    title: str
    line: str
    university: PartnerUniversity | None
    universities: tuple[PartnerUniversity, ...]

    @classmethod
    def of(cls, subject, alliance: Alliance, universities: Iterable[PartnerUniversity]) -> "Card":
        """The card of `subject` in the active language. Raises ValueError if `subject` has no card."""
        found = identity(subject)
        if found is None:
            raise ValueError(f"no share card for {subject!r}")
        kind, key = found
        title = drawable(lambda: str(subject) if kind == "screen" else getattr(subject, KINDS[kind][1]))
        line = " · ".join(filter(None, [alliance.acronym, drawable(lambda: alliance.host.name)]))
        university = subject if isinstance(subject, PartnerUniversity) else None
        return cls(
            translation.get_language(), kind, key, title or alliance.acronym, line, university, tuple(universities)
        )

    @cached_property
    def digest(self) -> str:
        """Digest of everything that is drawn."""
        facts = [
            (item.founded, float(item.latitude), float(item.longitude), item.order)
            for item in (*filter(None, [self.university]), *self.universities)
        ]
        drawn = (self.title, self.line, bool(self.university), facts, CODE_DIGEST)
        return sha256(repr(drawn).encode()).hexdigest()[:20]

    @property
    def path(self) -> str:
        """URL path of the picture. It contains the digest, so the picture can be cached for ever."""
        return reverse("share-card", args=[self.language, self.kind, self.key, self.digest])

    @property
    def file(self) -> Path:
        """Path of the stored picture."""
        return settings.DATA_DIR / "share" / f"{self.digest}.png"

    @property
    def background(self) -> Image.Image:
        """The weave pattern, at least as large as the card."""
        pitch = UNIVERSITY_PITCH if self.university else ALLIANCE_PITCH
        warps, wefts = ceil(WIDTH / pitch), ceil(HEIGHT / pitch)
        if self.university:
            return weave.university_weave(self.university, self.universities, warps, wefts).image(pitch)
        if not self.universities:
            return Image.new("RGB", (WIDTH, HEIGHT), PAPER)
        threads = min(len(self.universities), weave.THREADS)
        per_university, per_digit = ceil(warps / threads), ceil(wefts / weave.YEAR_DIGITS)
        return weave.alliance_weave(self.universities, per_university, per_digit).image(pitch)

    def draw(self) -> bytes:
        """Draw the picture. Returns a PNG file."""
        picture = self.background.crop((0, 0, WIDTH, HEIGHT))
        edge = COLOURS[self.university.thread] if self.university else ACCENT
        label.draw_label(picture, self.title, self.line, edge, (PAPER, INK, ACCENT))
        file = BytesIO()
        # A palette halves the size of the file.
        picture.quantize(128).save(file, "PNG")
        return file.getvalue()

    def png(self) -> bytes:
        """The picture as a PNG file: read from the disk, or else drawn and stored. Disk errors are only logged."""
        try:
            return self.file.read_bytes()
        except OSError:
            png = self.draw()
        try:
            self.store(png)
        except OSError as error:
            logger.warning("A share card could not be stored: %s", error)
        return png

    def store(self, png: bytes) -> None:
        self.file.parent.mkdir(parents=True, exist_ok=True)
        write_atomically(self.file, png)
