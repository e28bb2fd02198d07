"""The letters that each language needs beside those of English."""

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
