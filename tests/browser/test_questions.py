"""The questions of docs/questions.md, answered on a phone within two clicks from the home page, or by one search."""

import re
import tomllib
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from django.utils.translation import gettext, override

from tests.browser.test_pages import refuse_cookies

QUESTIONS = Path(__file__).parents[2] / "docs/questions.md"
CONTENT = QUESTIONS.parents[1] / "content"
PHONE = {"width": 390, "height": 844}
OFFICE, SECRETARIAT = "unic@uni.lodz.pl", "unic@eur.nl"
MAX_CLICKS = 2


@dataclass
class Way:
    """A way from the home page, and the questions that its last page answers, each with parts of the answer.

    The way is the names of links, or a query for the search and the name of a result. Where the name is the title of an
    item, its section and key stand for it. Texts of the interface are in English.
    """

    links: list[str]
    answers: dict[str, list[str]]
    query: str = field(default="", kw_only=True)


MONEY, SUBJECT = "Is there money for joint research?", "Who works on my subject in the alliance?"
COURSE = "Can I take a single course at a partner, and will it count?"
NOW = "What can I apply for now, and who pays for travel?"
MASTERS = "How do I get into the two joint master’s programmes, and what do they cost?"
PRESENT = "Where can I present my work or enter it for an award?"
READER = "Can I read this site with my screen reader, and what does not work?"
BARRIER = "Something is not accessible. Whom do I tell, and how long does it take?"
ACCESS = "Will courses, documents and buildings of the partners be accessible to me?"
SENTENCE = "What is UNIC in one sentence, and what does it cost the EU?"
CHANGED = "What has changed in Lodz because of UNIC?"
NAME = "Since when, which name is right, how many students?"
PROBLEM = "We have a problem to solve. How do we bring it in?"
OTHERS = "What have other cities done, and did it work?"
SIGN = "What does it cost us, and what do we sign?"
GOVERNED = "How is UNIC governed, and who decides?"
CREDITS = "How do joint master’s programmes and credit recognition work across eight or ten systems?"
REUSE = "Can we work together or reuse what you have made?"

ENGLISH = [
    Way(
        ["Find an opportunity", "opportunities/virtual-mobility-single-courses"],
        {COURSE: ["Ask your faculty whether the course counts towards your degree", OFFICE]},
    ),
    Way(["Find an opportunity"], {NOW: ["No call with a deadline is open", "No fixed deadline"]}),
    Way(
        ["deliverables/seamless-mobility"],
        {
            NOW: ["ask the international office of your own university for an Erasmus+ grant"],
            MASTERS: [
                "once a year",
                "1 May 2025",
                "for the fees, see the pages of the programmes or ask the UNIC office",
            ],
        },
    ),
    Way(
        ["Projects", "projects/unic4er"],
        {MONEY: ["52 projects were paid", "ended in August 2024", "ask the UNIC office of your university"]},
    ),
    Way(
        ["Lines and CityLabs"],
        {
            SUBJECT: ["Koç University, University of Liège", "For lines 3 to 7, ask the secretariat", SECRETARIAT],
            OTHERS: ["868 people took part", "For an evaluation, ask the UNIC office in that city"],
            SIGN: ["founding charter", "For its text, and for the money and staff that a city gives", SECRETARIAT],
            PROBLEM: ["To the local Centre for City Futures. In Lodz, write to", OFFICE],
        },
    ),
    Way(
        ["opportunities/citylabs-award-2026"],
        {PRESENT: ["16 March 2026", "second UNIC Thematic Conference", "unic@ku.edu.tr"]},
    ),
    Way(
        ["Accessibility"],
        {
            READER: [
                "partially compliant",
                "have not been examined by an external auditor or by users of screen readers",
            ],
            BARRIER: ["Report a barrier", OFFICE, "within 7 days", "within 2 months"],
            ACCESS: ["Access to buildings", OFFICE],
        },
    ),
    Way(
        ["deliverables/social-inclusion"],
        {ACCESS: ["VIP Fund", "disabled students", "Ask the UNIC office of that university"]},
        query="disability",
    ),
    Way(
        ["What is UNIC?"],
        {
            SENTENCE: ["Ten universities in cities shaped by industry", "14.4", "million euro: the second grant"],
            NAME: [
                "27 January 2023",
                "European University of Cities in Post-Industrial Transition",
                "225,000 students",
            ],
            GOVERNED: ["decide in the General Assembly", SECRETARIAT],
            CREDITS: ["Eight universities award one diploma", "agree on the recognition of credits", SECRETARIAT],
            REUSE: ["Write to the secretariat", "The documents name no licence"],
        },
    ),
    Way(["University of Lodz"], {CHANGED: ["ten common challenges", "the Science Hub chose 12 projects", OFFICE]}),
]

POLISH = [
    Way(
        ["Find an opportunity", "opportunities/virtual-mobility-single-courses"],
        {COURSE: ["na swoim wydziale, czy przedmiot zostanie zaliczony", OFFICE]},
    ),
    Way(["Find an opportunity"], {NOW: ["No call with a deadline is open", "No fixed deadline"]}),
    Way(
        ["deliverables/seamless-mobility"],
        {
            NOW: ["O stypendium Erasmus+", "zapytać biuro współpracy międzynarodowej swojej uczelni"],
            MASTERS: ["raz w roku", "1 maja 2025 r.", "czesnego", "biurze UNIC"],
        },
    ),
    Way(
        ["Projekty", "projects/unic4er"],
        {MONEY: ["Sfinansowano 52 projekty", "w sierpniu 2024 r.", "zapytać biuro UNIC swojej uczelni"]},
    ),
    Way(
        ["Linie i CityLabs"],
        {
            SUBJECT: [
                "Uniwersytet Koç, Uniwersytet w Liège",
                "O linie od 3 do 7 można zapytać sekretariat",
                SECRETARIAT,
            ],
            OTHERS: ["868 osób", "zapytać biuro UNIC w danym mieście"],
            SIGN: ["kartę założycielską", "O jej tekst oraz o to, ile pieniędzy i etatów daje miasto", SECRETARIAT],
            PROBLEM: ["Do lokalnego Centrum Przyszłości Miast. W Łodzi można napisać na adres", OFFICE],
        },
    ),
    Way(
        ["opportunities/citylabs-award-2026"],
        {PRESENT: ["16 marca 2026", "drugiej konferencji tematycznej UNIC", "unic@ku.edu.tr"]},
    ),
    Way(
        ["Dostępność"],
        {
            READER: ["częściowo zgodna", "osoby korzystające z czytników ekranu"],
            BARRIER: ["Zgłoś barierę", OFFICE, "w ciągu 7 dni", "2 miesiące"],
            ACCESS: ["Dostępność architektoniczna", OFFICE],
        },
    ),
    Way(
        ["deliverables/social-inclusion"],
        {ACCESS: ["funduszu VIP", "z niepełnosprawnościami", "Zapytaj biuro UNIC danej uczelni"]},
        query="niepełnosprawność",
    ),
    Way(
        ["Czym jest UNIC?"],
        {
            SENTENCE: ["Dziesięć uczelni z miast ukształtowanych przez przemysł", "14,4"],
            NAME: ["27 stycznia 2023", "Europejski Uniwersytet Miast", "225 tysięcy osób"],
            GOVERNED: ["w Zgromadzeniu Ogólnym", SECRETARIAT],
            CREDITS: ["osiem uczelni wydaje jeden dyplom", "Uznanie punktów ECTS", SECRETARIAT],
            REUSE: ["Napisz do sekretariatu", "W dokumentach nie podano licencji"],
        },
    ),
    Way(
        ["Uniwersytet Łódzki"],
        {CHANGED: ["dziesięcioma wspólnymi wyzwaniami", "Science Hub wybrał 12 projektów", OFFICE]},
    ),
]


def documented_questions() -> list[str]:
    rows = [line.split("|") for line in QUESTIONS.read_text(encoding="utf-8").splitlines() if line.startswith("| ")]
    return [cells[2].strip() for cells in rows if cells[1].strip() not in ("Visitor", "---")]


def titles_in(code: str) -> dict[str, str]:
    """The titles of the items of the initial content, by section and key."""
    files = [tomllib.loads(path.read_text(encoding="utf-8")) for path in CONTENT.glob(f"*{code}.toml")]
    sections = [(section, items) for file in files for section, items in file.items()]
    return {
        f"{section}/{key}": item["title"]
        for section, items in sections
        for key, item in items.items()
        if "title" in item
    }


def plain(text: str) -> str:
    """The text without the characters that keep words together."""
    return re.sub(r"\s+", " ", text.replace("\N{WORD JOINER}", "").replace("\N{NO-BREAK SPACE}", " "))


@pytest.fixture
def language(code):
    with override(code):
        yield


@pytest.mark.nightly
@pytest.mark.usefixtures("language")
@pytest.mark.parametrize(("code", "ways"), [("en", ENGLISH), ("pl", POLISH)], ids=["en", "pl"])
def test_each_question_is_answered_within_two_clicks_or_one_search(visit, code, ways):
    visitor = refuse_cookies(visit(viewport=PHONE, has_touch=True))
    page, titles, missing = visitor.page, titles_in(code), []
    for way in ways:
        assert len(way.links) + bool(way.query) <= MAX_CLICKS
        visitor.go(f"/{code}/")
        if way.query:
            with page.expect_navigation():
                page.locator("a.search-link").click()
            page.locator("main [name=q]").fill(way.query)
            with page.expect_navigation():
                page.locator("main [name=q]").press("Enter")
        for name in way.links:
            with page.expect_navigation():
                page.get_by_role("link", name=titles.get(name) or gettext(name), exact=True).locator(
                    "visible=true"
                ).first.click()
        seen = plain(page.locator("main").inner_text())
        missing += [
            f"{way.links}: {text}"
            for texts in way.answers.values()
            for text in texts
            if plain(gettext(text)) not in seen
        ]
    assert not missing
    assert {question for way in ways for question in way.answers} == set(documented_questions())
