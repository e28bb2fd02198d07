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
    # Languages that an installation may add.
    "bg": ["Испания", "Италия", "Йемен", "Канада"],
    "cs": [
        "Cyprus",
        "Česko",
        "Čína",
        "Hory",
        "Chorvatsko",
        "Irsko",
        "Rusko",
        "Řecko",
        "Slovensko",
        "Španělsko",
        "Zlín",
        "Žďár",
    ],
    "da": ["Danmark", "Zagreb", "Ærø", "Østrig", "Ålborg", "Aarhus", "Ås"],
    "et": ["Sofia", "Šveits", "Zürich", "Žitomir", "Taani", "Viin", "Õismäe", "Äksi", "Öland", "Ülemiste"],
    "hu": [
        "Cegléd",
        "Cuba",
        "Csád",
        "Gyula",
        "Olasz",
        "Ontario",
        "Örmény",
        "Őrség",
        "Skócia",
        "Szeged",
        "Zágráb",
        "Zsolna",
    ],
    "is": ["Akureyri", "Átta", "Danmörk", "Ðar", "Zagreb", "Þýskaland", "Æsir", "Österreich"],
    "lt": ["Cuba", "Čekija", "Ilja", "Ypra", "Italija", "Suomija", "Šveicarija", "Zagrebas", "Žemaitija"],
    "lv": ["Cēsis", "Čehija", "Gulbene", "Ģibuļi", "Kuldīga", "Ķegums", "Zagreba", "Žagare"],
    "mt": [
        "Birgu",
        "Ċirkewwa",
        "Cospicua",
        "Floriana",
        "Ġgantija",
        "Gozo",
        "Għarb",
        "Hamrun",
        "Ħamrun",
        "Żurrieq",
        "Zagreb",
    ],
    "nb": ["Danmark", "Zagreb", "Ærø", "Østerrike", "Åland"],
    "ro": ["Azuga", "Ăla", "Âla", "Iza", "Îza", "Suedia", "Șiria", "Turcia", "Ţara", "Țări"],
    "sk": ["Azov", "Äla", "Cyprus", "Česko", "Hory", "Chorvátsko", "Ostrava", "Ôsmy", "Zlín", "Žilina"],
    "sl": ["Celje", "Čatež", "Slovenj Gradec", "Škofja Loka", "Zagorje", "Žalec"],
    "uk": ["Греція", "Ґудзик", "Данія", "Естонія", "Єгипет", "Швеція"],
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
