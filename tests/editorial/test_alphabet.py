"""Names are sorted in the alphabetical order of each language."""

import random

import pytest

from editorial.alphabet import sort_key

pytestmark = pytest.mark.once

# In the order of CLDR.
ORDERS = {
    "en": ["Cork", "côté", "cow", "Lund", "Łódź", "Zagreb"],
    "pl": ["Cieszyn", "Ćmielów", "Dania", "Lublin", "Luzino", "Łask", "Łódź", "Malmö", "Zabrze", "Źródła", "Żary"],
    "sv": ["Aalborg", "Oulu", "Zagreb", "Åbo", "Ängelholm", "Öland"],
    "fi": ["Oulu", "Zagreb", "Åbo", "Ääneskoski", "Øresund", "Öölanti"],
    "tr": ["Cuma", "Çin", "Danimarka", "Irak", "İspanya", "İsveç", "Ordu", "Özbek", "Sivas", "Şile", "Umman", "Ünye"],
    "hr": [
        "Crna Gora",
        "Čile",
        "Ćuprija",
        "Dubrovnik",
        "Džibuti",
        "Đakovo",
        "Lučko",
        "Ljubljana",
        "Nubija",
        "Njemačka",
    ],
    "es": ["Nunca", "nuncio", "Ñandú", "Oviedo"],
    "de": ["Oder", "Öland", "Omsk", "Strasse", "Straße", "Zürich", "Zwickau"],
    "fr": ["Égypte", "Espagne", "Finlande"],
    "nl": ["Curaçao", "Ierland", "IJsland", "Italië"],
}


@pytest.mark.once
@pytest.mark.parametrize("language", ORDERS)
def test_names_are_sorted_in_the_order_of_the_language(language):
    names = ORDERS[language].copy()
    random.Random(1).shuffle(names)
    assert sorted(names, key=lambda name: sort_key(name, language)) == ORDERS[language]


@pytest.mark.parametrize(
    ("language", "names"),
    [
        ("tr", ["Iğdır", "Irak", "İspanya", "I\u0307sveç", "Jakarta"]),
        ("en", ["Isparta", "İstanbul", "Izmir"]),
        ("de", ["Strasbourg", "Straße", "STRAẞEN", "Strauß"]),
        ("hr", ["Dubrovnik", "ǅibuti", "Džidžan", "Đakovo", "Lučko", "ǈubljana"]),
        ("fr", ["ﬁn", "fiole", "ﬂeur"]),
        ("nl", ["Ierland", "ĳsland", "Italië"]),
    ],
)
def test_letters_that_change_their_length_in_lower_case_are_sorted_correctly(language, names):
    shuffled = random.Random(1).sample(names, len(names))
    assert sorted(shuffled, key=lambda name: sort_key(name, language)) == names
