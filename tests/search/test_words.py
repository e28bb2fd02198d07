"""Stems of words: the forms of a word have the same, and different words have different ones."""

import pytest

from editorial.alphabet import fold
from search.words import stem, stems

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
    "fi": "koulu koulutus, maksu maksi, kurssi kuri, ovi ovat, kaksi kakku, julkaisu julkinen",
    "hr": "format forma, park partner, znak znanje, rad radost, studij student, novac novine, zanat znanost, rak raj",
    "nl": "kansen kan, dansen dan, campus camping, politicus politie, reis reus, lening les, taxi tax, euro eu",
    "pl": "Łódź lód, praca praktyka, morze morale, noc nota, rok ręka, radość rada, kurs kura, miasto mieszkanie",
}


@pytest.mark.parametrize(
    ("language", "forms"),
    [(code, line.split()) for code, lines in ALIKE.items() for line in lines.strip().splitlines()],
)
def test_the_forms_of_a_word_have_one_stem(language, forms):
    assert len({stem(form, language) for form in forms}) == 1, {form: stem(form, language) for form in forms}


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
