"""Weave patterns follow from facts about the universities."""

import re
from math import cos, radians, sin
from pathlib import Path

import brotli
import pytest
from django.conf import settings
from django.template import Context, Template

from alliance.models import Deliverable, Initiative
from pagecache.models import ContentVersion
from partners.models import PartnerUniversity
from partners.weave import (
    COLOURS,
    PAPER,
    THREADS,
    UNDYED,
    Weave,
    alliance_weave,
    digits,
    item_weave,
    nearest,
    university_weave,
)
from tests.partners.factories import make_partner

pytestmark = [pytest.mark.django_db, pytest.mark.once]
# Bytes with Brotli, so that the home page stays within its budget.
MAX_SIZE = 700
UNIVERSITY = "{% load weave %}{% university_weave partner universities as weave %}{% include 'partners/weave.html' %}"
ALLIANCE = "{% load weave %}{% alliance_weave universities as weave %}{% include 'partners/weave.html' %}"
ITEM = "{% load weave %}{% item_weave key universities as weave %}{% include 'partners/weave.html' %}"


def current() -> list[PartnerUniversity]:
    return list(PartnerUniversity.objects.published().for_map())


def render(template: str, **context) -> str:
    return Template(template).render(Context({"universities": current(), **context}))


def test_the_same_facts_give_the_same_pattern():
    for partner in current():
        assert university_weave(partner, current()) == university_weave(partner, reversed(current()))
        assert render(UNIVERSITY, partner=partner) == render(UNIVERSITY, partner=partner)


def test_every_university_has_a_different_pattern():
    weaves = [university_weave(partner, current()) for partner in current()]
    assert len({weave.lifted for weave in weaves}) == len(weaves)


@pytest.mark.parametrize("fact", [{"founded": 1901}, {"latitude": 50.01}, {"longitude": 20.01}, {"order": 102}])
def test_a_different_fact_gives_a_different_pattern(fact):
    original, changed = (university_weave(make_partner(**fields), current()) for fields in ({}, fact))
    assert original.lifted != changed.lifted


@pytest.mark.parametrize("fact", ["latitude", "longitude"])
def test_south_and_west_reverse_the_pattern(fact):
    positive, negative = (university_weave(make_partner(**{fact: degrees}), []) for degrees in (20, -20))
    assert positive.lifted != negative.lifted


def test_digits_are_the_last_digits_with_the_highest_first():
    assert digits(1945, 11) == tuple(digit == "1" for digit in "11110011001")
    assert digits(9, 3) == (False, False, True)


def test_the_founding_year_can_be_read_from_the_pattern_of_the_alliance():
    weave = alliance_weave(current(), warps=1, wefts=1)
    for warp, partner in enumerate(current()):
        column = [row[warp] for row in weave.lifted]
        at_ones = [lifted for lifted, digit in zip(column, digits(partner.founded, 11), strict=True) if digit]
        assert at_ones and all(at_ones)


def test_the_pattern_of_the_alliance_contains_ten_universities_at_most():
    assert alliance_weave([*current(), make_partner()]) == alliance_weave(current())


def test_horizontal_threads_are_those_of_the_three_nearest_universities():
    lodz = next(partner for partner in current() if partner.key == "university-of-lodz")
    neighbours = nearest(lodz, current())
    assert lodz not in neighbours
    assert [partner.city for partner in neighbours] == ["Malmö", "Zagreb", "Bochum"]
    assert set(university_weave(lodz, current()).wefts) == {UNDYED, *(partner.thread for partner in neighbours)}


def test_without_other_universities_the_horizontal_threads_are_undyed():
    assert set(university_weave(make_partner(), []).wefts) == {UNDYED}


def test_the_key_of_an_item_can_be_read_from_the_columns_of_its_pattern():
    """As on punched tape: one letter per column, its digits from top to bottom, each two horizontal threads high."""
    weave = item_weave("az", current(), warps=6, wefts=12)
    digits_of_columns = [
        "".join("1" if weave.lifted[2 * row][warp] and weave.lifted[2 * row + 1][warp] else "0" for row in range(6))
        for warp in (1, 4)
    ]
    assert digits_of_columns == [f"{10:06b}", f"{35:06b}"]


def test_every_deliverable_and_initiative_has_a_pattern_of_its_own_from_the_threads_of_all_universities(client):
    paths = [item.get_absolute_url() for model in (Deliverable, Initiative) for item in model.objects.all()]
    patterns = [re.search(r'<div class="band">(.*?)</div>', client.get(p).content.decode(), re.S)[1] for p in paths]
    assert len(set(patterns)) == len(paths) > 4
    for pattern in patterns:
        assert set(re.findall(r"thread-(\d+)", pattern)) == {str(number) for number in range(THREADS + 1)}


def test_without_universities_or_letters_an_item_has_no_pattern():
    assert not item_weave("a", []).warps
    assert not item_weave("-", current()).warps


def test_without_universities_no_pattern_is_drawn():
    assert "<svg" not in render(ALLIANCE, universities=[])


def test_svg_and_picture_show_the_lifted_threads_on_top():
    weave = Weave((1, 2, 1), (3, UNDYED), ((True, False, True), (True, True, False)))
    assert [(strand.thread, strand.path) for strand in weave.float_strands] == [(1, "M1 0v4m4 -4v2"), (2, "M3 2v2")]
    assert [(strand.thread, strand.path) for strand in weave.weft_strands] == [(3, "M0 1H6"), (UNDYED, "M0 3H6")]
    picture = weave.image(pitch=20)
    pixels = [["#{:02x}{:02x}{:02x}".format(*picture.getpixel((x, y))) for x in (10, 30, 50)] for y in (10, 30)]
    assert pixels == [[COLOURS[1], COLOURS[3], COLOURS[1]], [COLOURS[1], COLOURS[2], COLOURS[UNDYED]]]


def test_each_pattern_is_small_and_hidden_from_screen_readers():
    patterns = [render(UNIVERSITY, partner=partner) for partner in current()]
    patterns += [render(ALLIANCE)] + [render(ITEM, key=item.key) for item in Initiative.objects.all()]
    for svg in patterns:
        assert 'aria-hidden="true"' in svg and "style" not in svg
        assert len(brotli.compress(svg.encode(), quality=5)) <= MAX_SIZE


def srgb(lightness: float, chroma: float, hue: float) -> tuple[int, ...]:
    """A colour of oklch() as red, green and blue from 0 to 255 (CSS Color 4, section 10)."""
    a, b = chroma * cos(radians(hue)), chroma * sin(radians(hue))
    long = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3
    medium = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3
    short = (lightness - 0.0894841775 * a - 1.2914855480 * b) ** 3
    linear = (
        4.0767416621 * long - 3.3077115913 * medium + 0.2309699292 * short,
        -1.2684380046 * long + 2.6097574011 * medium - 0.3413193965 * short,
        -0.0041960863 * long - 0.7034186147 * medium + 1.7076147010 * short,
    )
    return tuple(round(255 * (1.055 * max(part, 0) ** (1 / 2.4) - 0.055)) for part in linear)


def test_pictures_use_the_colours_of_the_style_sheet():
    tokens = (Path(settings.BASE_DIR) / "static/css/tokens.css").read_text()
    light = re.findall(r"--thread-(\d+): light-dark\(oklch\(([\d.]+)% ([\d.]+) ([\d.]+)\)", tokens)
    assert len(light) == THREADS
    for number, lightness, chroma, hue in light:
        drawn_as = tuple(int(COLOURS[int(number)][start : start + 2], 16) for start in (1, 3, 5))
        styled_as = srgb(float(lightness) / 100, float(chroma), float(hue))
        # The numbers in the style sheet are rounded. A difference of 4 is not visible.
        assert max(abs(ours - theirs) for ours, theirs in zip(drawn_as, styled_as, strict=True)) <= 4


def test_the_paper_has_one_colour_in_style_sheet_pages_manifest_and_pictures(client):
    tokens = (Path(settings.BASE_DIR) / "static/css/tokens.css").read_text()
    colours = re.findall(r"oklch\(([\d.]+)% ([\d.]+) ([\d.]+)\)", re.search("--paper: .*", tokens)[0])
    light, dark = (
        "#{:02x}{:02x}{:02x}".format(*srgb(float(lightness) / 100, float(chroma), float(hue)))
        for lightness, chroma, hue in colours
    )
    html = client.get("/en/").content.decode()
    themes = re.findall(r'name="theme-color"\s+content="(#\w+)"\s+media="\(prefers-color-scheme: (\w+)\)"', html)
    assert dict(themes) == {light: "light", dark: "dark"}
    said = client.get("/share/en/manifest.webmanifest").json()
    assert {PAPER, said["background_color"], said["theme_color"]} == {light}


def stripes(client, path: str) -> list[list[str]]:
    """The threads of each stripe of a page."""
    html = client.get(path).content.decode()
    return [re.findall(r'class="thread-(\d+)"', part.split("</div>")[0]) for part in html.split('"thread-stripe"')[1:]]


def test_the_stripes_show_the_threads_of_the_universities(client):
    every = [str(number) for number in range(1, 11)]
    assert stripes(client, "/en/") == stripes(client, "/en/cookies/settings/") == [every, every]
    PartnerUniversity.objects.filter(order__gt=4).update(is_published=False)
    ContentVersion.objects.update(name="four universities")
    used = [str(partner.thread) for partner in PartnerUniversity.objects.published().current()]
    assert len(used) == 4 and stripes(client, "/en/") == [used, used]
