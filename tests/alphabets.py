"""The letters of each language in addition to the English alphabet."""

ALPHABETS = {
    "en": "abcdefghijklmnopqrstuvwxyz’“”–0123456789&/€",
    "pl": "ąćęłńóśźż„”",
    "nl": "éëïóöüèĳ",
    "es": "áéíñóúü¿¡ªº",
    "de": "äöüß",
    "tr": "âçğıiöşüİI",
    "fr": "àâæçéèêëîïôœùûüÿ«»",
    "fi": "åäöšž",
    "hr": "čćđšž",
    "sv": "åäöé",
    "uk": "абвгґдеєжзиіїйклмнопрстуфхцчшщьюя№",
}
