"""Names stand in the order of the reader's alphabet, on either database."""

import random

import pytest

from editorial.alphabet import sort_key

pytestmark = pytest.mark.once

# In order, by CLDR.
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
def test_each_language_has_its_own_order(language):
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
def test_letters_whose_small_form_has_another_length_stand_where_they_belong(language, names):
    shuffled = random.Random(1).sample(names, len(names))
    assert sorted(shuffled, key=lambda name: sort_key(name, language)) == names
