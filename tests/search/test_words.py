"""Stems of words: the forms of a word have the same, and different words have different ones."""

import pytest

from editorial.alphabet import fold
from search.matching import likeness
from search.queries import Term
from search.words import normalized, stem, stems, words
from tests.search.inflections import INFLECTIONS

ALIKE = {
    "fi": """
        tutkimus tutkimuksen tutkimukset tutkimusta tutkimuksessa
        opetus opetuksen
        hakemus hakemuksen
        kysymys kysymyksen kysymykset
        kokous kokouksen
        kampus kampuksen
        rahoitus rahoituksen rahoitusta
        mahdollisuus mahdollisuuden
        talous talouden
        päätös päätöksen
        ihminen ihmisen
        osaaminen osaamisen
        """,
    "hr": """
        student studenti studenata studentima
        projekt projekti projekata
        dokument dokumenata
        kontakt kontakata
        koncert koncerata
        novac novca novcem novaca
        centar centra centri centara
        početak početka
        podatak podatka podaci podataka
        sastanak sastanka sastanci sastanaka
        dolazak dolaska
        znanstvenik znanstvenika znanstvenici
        jezik jezici
        """,
    "nl": """
        promovendus promovendi
        alumnus alumni
        politicus politici
        beurs beurzen
        grens grenzen
        prijs prijzen
        campus campussen
        """,
    "pl": """
        partner partnera partnerzy partnerów
        ambasador ambasadorzy
        profesor profesorze
        inżynier inżynierzy
        student studenci studentów
        miasto mieście miasta miast
        nauka nauce
        polityka polityce
        książka książce
        Polska Polsce
        pracownik pracownicy pracowników
        psycholog psycholodzy
        kolega koledzy
        droga drodze
        metoda metodzie
        rada radzie
        pieniądze pieniędzy pieniądz pieniędzmi
        sąsiad sąsiedzi
        przyszłość przyszłości
        Łódź Łodzi
        """,
}
DIFFERENT = {
    "de": "Kur Kurs, Dom Thema, Land Landung, Muse Museum, Termin Term, Berlin Berl, Staat Stadt, Form Forum",
    "en": "grant migrant, university universe, EUR European, women won, thesis these, media meditation, hour or, "
    "size sis, news new, index indicate, program progress, criteria critic",
    "es": "plaza placer, museo musa, voz vos, ciudad ciudadano, red rey, ley leer",
    "fi": "koulu koulutus, maksu maksi, kurssi kuri, ovi ovat, kaksi kakku, julkaisu julkinen, kirja kirjasto, "
    "tutkija tutkimus, perua perustaa, keskus keskustelu, tiede tieto, yliopisto opisto, vaihto vaihtelu, vesi vastuu, "
    "maa maali, työ työkalu, vuosi vuori",
    "fr": "chercheur cherté, travail traverser, banque banc, lieu lieutenant, peur peu, acte acteur, bourse bouse, "
    "tarif tarder",
    "hr": "format forma, park partner, znak znanje, rad radost, studij student, novac novine, zanat znanost, rak raj, "
    "ruka ruža, knjiga knjižnica, rijeka riječ, otac otok, služiti sluga",
    "nl": "kansen kan, dansen dan, campus camping, politicus politie, reis reus, lening les, taxi tax, euro eu, "
    "stad stadium, steden stedelijk, besteden stad, geleden lid, India indium, museum muze",
    "pl": "Łódź lód, praca praktyka, morze morale, noc nota, rok ręka, radość rada, kurs kura, miasto mieszkanie, "
    "życie żyto, uczucie uczeń, biblioteka biblia, nauka nauczyciel, dzień dno, konkurs koniec, projekt projektor",
    "sv": "fin finans, intern internet, som sommar, kan känna, stad stadium, museum mus, man mani, "
    "rom roman, kurs kur, sko skola, bal balans, nyhet ny, lärare läromedel",
    "tr": "kent kentli, üye uyum, site silmek, konu koyu, ulus ulusal, adres ada, küre küresel, "
    "kampüs kamp, ders der, burs Bursa",
}


@pytest.mark.parametrize(
    ("language", "forms"),
    [(code, line.split()) for code, lines in ALIKE.items() for line in lines.strip().splitlines()],
)
def test_the_forms_of_a_word_have_one_stem(language, forms):
    assert len({stem(form, language) for form in forms}) == 1, {form: stem(form, language) for form in forms}


def is_found(typed: str, word: str, language: str) -> bool:
    """Whether a search for one word finds the other."""
    term = Term.of(typed, [language])
    forms = next(words(word)).forms
    return any(likeness(term, language, normalized(form), stem(form, language)) for form in forms)


@pytest.mark.parametrize("language", INFLECTIONS)
def test_a_search_finds_all_forms_of_a_word_and_each_form_finds_the_word(language):
    lines = [line.split() for line in INFLECTIONS[language].strip().splitlines()]
    pairs = [pair for first, *forms in lines for form in forms for pair in ((first, form), (form, first))]
    assert [pair for pair in pairs if not is_found(*pair, language)] == []


@pytest.mark.parametrize(
    ("language", "pair"), [(code, pair.split()) for code, pairs in DIFFERENT.items() for pair in pairs.split(", ")]
)
def test_different_words_have_different_stems(language, pair):
    assert len({stem(word, language) for word in pair}) == 2


@pytest.mark.parametrize(
    ("capitals", "word"),
    [
        ("YILLARI", "yılları"),
        ("TOPLANTILAR", "toplantılar"),
        ("ARAŞTIRMACILARIN", "araştırmacıların"),
        ("ÜNİVERSİTELER", "üniversiteler"),
        ("ÖĞRENCİLERİN", "öğrencilerin"),
        ("İSTANBUL", "İstanbul"),
        ("KATILIMCILAR", "katılımcı"),
    ],
)
def test_turkish_words_have_one_stem_in_capitals_and_without_accents(capitals, word):
    assert stem(capitals, "tr") == stem(word, "tr")
    for typed in (capitals, word, fold(word), fold(word).upper(), capitals.capitalize()):
        assert stem(word, "tr") in stems(typed, "tr"), typed


def test_capitals_of_other_languages_have_the_stems_of_small_letters():
    for language, word in {"en": "cities", "pl": "miasta", "de": "Universitäten", "fi": "yliopistoissa"}.items():
        assert stem(word.upper(), language) == stem(word, language)


@pytest.mark.parametrize(
    ("language", "forms"),
    [
        ("cs", "univerzita univerzity univerzitou"),
        ("da", "studerende studerendes"),
        ("el", "φοιτητής φοιτητές"),
        ("et", "ülikooli ülikoolid"),
        ("hu", "kutatók kutatóknak"),
        ("it", "ricerca ricerche"),
        ("lt", "universitetas universiteto universitetai"),
        ("nb", "student studenten studenter"),
        ("pt", "estudante estudantes"),
        ("ro", "universitate universități"),
    ],
)
def test_a_language_that_an_installation_adds_is_stemmed(language, forms):
    assert len({stem(form, language) for form in forms.split()}) == 1
