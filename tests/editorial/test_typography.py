"""No-break spaces and hyphens are added by the rules of the language when a text is shown."""

import pytest

from alliance.models import Deliverable
from editorial.typography import typeset, typeset_html

pytestmark = pytest.mark.once

N, NN, J = "\N{NO-BREAK SPACE}", "\N{NARROW NO-BREAK SPACE}", "\N{WORD JOINER}"


@pytest.mark.once
@pytest.mark.parametrize(
    ("language", "plain", "shown"),
    [
        ("fr", "Quoi ? Ceci : « non » !", f"Quoi{NN}? Ceci{N}: «{N}non{N}»{NN}!"),
        ("fr", "https://unic.eu/?q=1 et 10:30", "https://unic.eu/?q=1 et 10:30"),
        ("pl", "W mieście i o mieście, a także z UŁ", f"W{N}mieście i{N}o{N}mieście, a{N}także z{N}UŁ"),
        ("pl", "litera ó i ą", f"litera ó i{N}ą"),
        ("hr", "u gradu i s njim", f"u{N}gradu i{N}s{N}njim"),
        ("en", "I have a word", "I have a word"),
        ("en", "by e-mail on 24 November 2026", f"by e-{J}mail on 24{N}November 2026"),
        ("en", "Article 6 of UNIC 2.0, (EU) 2016/2102", f"Article{N}6{N}of UNIC{N}2.0, (EU){N}2016/2102"),
        (
            "en",
            "Inter-University, a post-industrial city, unic.eu/post-industrial, post-2020",
            f"Inter-{J}University, a post-{J}industrial city, unic.eu/post-industrial, post-2020",
        ),
        ("en", "2020-07-10 and 3.5 of them", "2020-07-10 and 3.5 of them"),
        (
            "fr",
            "transformera-t-elle au-delà de ce post-scriptum",
            f"transformera-{J}t-{J}elle au-{J}delà de ce post-{J}scriptum",
        ),
        ("pl", "art. 6 ust. 1 lit. c z 2019 r.", f"art.{N}6{N}ust.{N}1{N}lit.{N}c z{N}2019{N}r."),
        ("en", "from 2023–2027 to today", f"from 2023–{J}2027 to today"),
        ("fr", "Dites-nous", f"Dites-{J}nous"),
        ("sv", "20 000 studenter, 41 % av 12 km", f"20{N}000 studenter, 41{N}% av 12{N}km"),
        ("de", "im Jahr 2020 2500 Menschen", "im Jahr 2020 2500 Menschen"),
    ],
)
def test_no_break_spaces_and_hyphens_follow_the_rules_of_the_language(language, plain, shown):
    assert typeset(plain, language) == shown


@pytest.mark.once
def test_tags_and_their_attributes_are_not_changed():
    html = '<p>Voir <a href="/fr/ : ?q=1 000" title="a > b ?">ceci ?</a></p>'
    assert typeset_html(html, "fr") == html.replace("ceci ?", f"ceci{NN}?")


@pytest.mark.parametrize(
    ("language", "html", "shown"),
    [
        ("fr", 'Un <span lang="en">what ?</span> ici ?', f'Un <span lang="en">what ?</span> ici{NN}?'),
        (
            "en",
            '<span lang="fr-BE">quoi ? <em>non ?</em></span> x ?',
            f'<span lang="fr-BE">quoi{NN}? <em>non{NN}?</em></span> x ?',
        ),
        ("pl", 'w <span lang="en">a word</span>', f'w{N}<span lang="en">a word</span>'),
        ("hr", 'u <span lang="pl">i u</span> s', f'u{N}<span lang="pl">i{N}u</span> s'),
    ],
)
def test_a_phrase_in_another_language_follows_its_own_rules(language, html, shown):
    assert typeset_html(html, language) == shown


@pytest.mark.django_db
def test_pages_show_no_break_spaces_and_the_stored_text_has_plain_ones(client):
    deliverable = Deliverable.objects.first()
    deliverable.title_fr, deliverable.body_fr = "Pourquoi ?", "<p>Parce que : oui !</p>"
    deliverable.title_pl = None
    deliverable.title_en = "A 5 % share ?"
    deliverable.save()
    html = client.get(f"/fr/resultats/{deliverable.slug_fr}/").content.decode()
    assert f"<h1>Pourquoi{NN}?</h1>" in html and f"<p>Parce que{N}: oui{NN}!</p>" in html
    deliverable.refresh_from_db()
    assert deliverable.body_fr == "<p>Parce que : oui !</p>"
    # A fallback text follows the rules of its own language.
    assert f">A 5{N}% share ?</span>" in client.get(f"/pl/rezultaty/{deliverable.slug_pl}/").content.decode()
