"""The cloth of each university, woven from its facts: the same facts, the same picture."""

import re
from math import cos, radians, sin
from pathlib import Path

import brotli
import pytest
from django.conf import settings
from django.template import Context, Template

from partners.cloth import COLOURS, PAPER, THREADS, UNDYED, Cloth, alliance_cloth, city_cloth, digits, nearest
from partners.models import PartnerUniversity
from tests.partners.factories import make_partner

pytestmark = [pytest.mark.django_db, pytest.mark.once]
FIRST_VIEW_SHARE = 700
CITY = "{% load weave %}{% city_cloth partner universities as cloth %}{% include 'partners/cloth.html' %}"
ALLIANCE = "{% load weave %}{% alliance_cloth universities as cloth %}{% include 'partners/cloth.html' %}"


def current() -> list[PartnerUniversity]:
    return list(PartnerUniversity.objects.published().for_map())


def drawn(template: str, **context) -> str:
    return Template(template).render(Context({"universities": current(), **context}))


def test_the_same_facts_weave_the_same_cloth():
    for partner in current():
        assert city_cloth(partner, current()) == city_cloth(partner, reversed(current()))
        assert drawn(CITY, partner=partner) == drawn(CITY, partner=partner)


def test_no_two_universities_have_the_same_structure():
    cloths = [city_cloth(partner, current()) for partner in current()]
    assert len({cloth.lifted for cloth in cloths}) == len(cloths)


@pytest.mark.parametrize("fact", [{"founded": 1901}, {"latitude": 50.01}, {"longitude": 20.01}, {"order": 102}])
def test_another_fact_weaves_another_cloth(fact):
    plain, changed = (city_cloth(make_partner(**fields), current()) for fields in ({}, fact))
    assert plain.lifted != changed.lifted


@pytest.mark.parametrize("fact", ["latitude", "longitude"])
def test_south_and_west_turn_the_cloth_round(fact):
    here, there = (city_cloth(make_partner(**{fact: degrees}), []) for degrees in (20, -20))
    assert here.lifted != there.lifted


def test_digits_are_the_last_ones_of_the_number_greatest_first():
    assert digits(1945, 11) == tuple(digit == "1" for digit in "11110011001")
    assert digits(9, 3) == (False, False, True)


def test_a_year_can_be_read_from_the_cloth_of_all():
    cloth = alliance_cloth(current(), warps=1, wefts=1)
    for warp, partner in enumerate(current()):
        column = [row[warp] for row in cloth.lifted]
        below = [lifted for lifted, digit in zip(column, digits(partner.founded, 11), strict=True) if digit]
        assert below and all(below)


def test_of_more_than_ten_universities_the_first_ten_are_woven_in():
    assert alliance_cloth([*current(), make_partner()]) == alliance_cloth(current())


def test_threads_across_are_those_of_the_three_nearest_universities():
    lodz = next(partner for partner in current() if partner.key == "university-of-lodz")
    neighbours = nearest(lodz, current())
    assert lodz not in neighbours
    assert [partner.city for partner in neighbours] == ["Malmö", "Zagreb", "Bochum"]
    assert set(city_cloth(lodz, current()).wefts) == {UNDYED, *(partner.thread for partner in neighbours)}


def test_a_university_alone_is_woven_with_undyed_yarn():
    assert set(city_cloth(make_partner(), []).wefts) == {UNDYED}


def test_no_cloth_is_drawn_where_there_is_no_university():
    assert "<svg" not in drawn(ALLIANCE, universities=[])


def test_a_piece_of_a_cloth_is_its_upper_left_corner():
    cloth = city_cloth(make_partner(), current())
    piece = cloth.cropped(20, 8)
    assert (len(piece.warps), len(piece.wefts)) == (20, 8)
    assert piece == city_cloth(make_partner(), current(), 20, 8)


def test_the_drawing_lifts_the_threads_that_the_card_lifts():
    cloth = Cloth((1, 2, 1), (3, UNDYED), ((True, False, True), (True, True, False)))
    assert [(strand.thread, strand.path) for strand in cloth.float_strands] == [(1, "M1 0v4m4 -4v2"), (2, "M3 2v2")]
    assert [(strand.thread, strand.path) for strand in cloth.weft_strands] == [(3, "M0 1H6"), (UNDYED, "M0 3H6")]
    picture = cloth.image(pitch=20)
    seen = [["#{:02x}{:02x}{:02x}".format(*picture.getpixel((x, y))) for x in (10, 30, 50)] for y in (10, 30)]
    assert seen == [[COLOURS[1], COLOURS[3], COLOURS[1]], [COLOURS[1], COLOURS[2], COLOURS[UNDYED]]]


def test_each_drawing_is_hidden_from_screen_readers_and_small_enough_for_the_first_view():
    drawings = [drawn(CITY, partner=partner) for partner in current()] + [drawn(ALLIANCE)]
    for svg in drawings:
        assert 'aria-hidden="true"' in svg and "style" not in svg
        assert len(brotli.compress(svg.encode(), quality=5)) <= FIRST_VIEW_SHARE


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


def test_pictures_have_the_colours_of_the_style_sheet():
    tokens = (Path(settings.BASE_DIR) / "static/css/tokens.css").read_text()
    light = re.findall(r"--thread-(\d+): light-dark\(oklch\(([\d.]+)% ([\d.]+) ([\d.]+)\)", tokens)
    assert len(light) == THREADS
    for number, lightness, chroma, hue in light:
        drawn_as = tuple(int(COLOURS[int(number)][place : place + 2], 16) for place in (1, 3, 5))
        styled_as = srgb(float(lightness) / 100, float(chroma), float(hue))
        # The style sheet's numbers are rounded; an eye sees no difference below this.
        assert max(abs(one - other) for one, other in zip(drawn_as, styled_as, strict=True)) <= 4


def test_the_paper_has_one_colour_in_style_sheet_pages_manifest_and_pictures(client):
    tokens = (Path(settings.BASE_DIR) / "static/css/site.css").read_text()
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
