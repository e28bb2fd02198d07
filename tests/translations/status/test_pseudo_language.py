"""A pseudo-language finds what escaped translation: whatever a page says without its brackets."""

import re
from html.parser import HTMLParser

import pytest
from babel import Locale
from django.conf import settings
from django.contrib import admin
from django.urls import reverse
from django.utils import translation
from django.utils.translation import trans_real

from consent.models import NoticeVersion
from editorial.content_files import content_models, translated_fields
from partners.models import PartnerUniversity

pytestmark = [pytest.mark.django_db, pytest.mark.once]
OPEN, CLOSE = "⟦", "⟧"
ACCENTED = str.maketrans("aceinosuyzACEINOSUYZ", "àçéîñöšüýžÀÇÉÎÑÖŠÜÝŽ")
PLACEHOLDER = re.compile(r"(%\(\w+\)[sd]|%[sd%]|\{\w*\}|<[^>]+>|&\w+;)")


def pseudo(text: str) -> str:
    """`text` with accents and longer, in brackets; placeholders and tags stay as they are."""
    parts = PLACEHOLDER.split(text)
    shown = "".join(part if place % 2 else part.translate(ACCENTED) for place, part in enumerate(parts))
    return f"{OPEN}{shown}{'·' * (len(text) // 3)}{CLOSE}"


def is_technical(text: str) -> bool:
    """Whether it is an address, a format of dates, or lacks letters; no sentence that somebody reads."""
    return text.endswith("/") or not re.search(r"[^\W\d]{2}", PLACEHOLDER.sub("", text))


class PseudoTranslation(trans_real.DjangoTranslation):
    """Translates everything that any program asks to have translated, the framework's own texts too."""

    def gettext(self, message):
        # A context stands before its message.
        text = message.rpartition(trans_real.CONTEXT_SEPARATOR)[2]
        return super().gettext(message) if is_technical(text) else pseudo(text)

    def ngettext(self, singular, plural, number):
        return self.gettext(singular if number == 1 else plural)


class Reader(HTMLParser):
    """Collects what a page says to people outside the brackets, in the page's language."""

    SILENT = ("script", "style", "code", "svg", "time", "textarea")
    VOID = ("meta", "link", "img", "input", "source", "br", "hr", "col")
    SPOKEN = ("alt", "aria-label", "title", "placeholder", "content")

    def __init__(self, html: str):
        super().__init__()
        self.open, self.said = [], []
        self.feed(html)

    def handle_starttag(self, tag, attributes):
        values = dict(attributes)
        foreign = values.get("lang") not in (None, "sv") or (values.get("hidden", "") is None)
        silent = foreign or tag in self.SILENT or any(silent for _tag, silent in self.open)
        if tag not in self.VOID:
            self.open.append((tag, silent))
        if tag == "meta" and values.get("name") != "description":
            return
        if tag == "input" and values.get("type") in ("submit", "button"):
            self.note(silent, values.get("value"))
        for name in self.SPOKEN:
            self.note(silent, values.get(name))

    def handle_endtag(self, tag):
        while self.open and self.open.pop()[0] != tag:
            pass

    def handle_data(self, data):
        self.note(any(silent for _tag, silent in self.open), data)

    def note(self, silent, text):
        if not silent and text:
            self.said.append(text)


def escaped(html: str, known: re.Pattern) -> list[str]:
    """What a page says outside the brackets, and that is no name that `known` finds."""
    text, before = "\n".join(Reader(html).said), ""
    # Texts may hold texts.
    while text != before:
        text, before = re.sub(rf"{OPEN}[^{OPEN}{CLOSE}]*{CLOSE}", " ", text), text
    digest = r"\b[0-9a-f]{32,}\b"
    return re.findall(r"[^\W\d_]{2,}[^\n]*", known.sub(" ", re.sub(digest, " ", text)))


@pytest.fixture
def pseudo_language(monkeypatch):
    """Swedish, taken by the pseudo-language in interface and content."""
    for model in content_models().values():
        for item in model.objects.all():
            values = {
                f"{name}_sv": f"{OPEN}{re.sub('<[^>]+>', ' ', value)}{CLOSE}"[:300].rstrip(CLOSE) + CLOSE
                for name in translated_fields(model) - {"slug"}
                if (value := getattr(item, f"{name}_en"))
            }
            if values:
                model.objects.filter(pk=item.pk).update(**values)
    monkeypatch.setitem(trans_real._translations, "sv", PseudoTranslation("sv"))
    NoticeVersion.objects.publish()
    yield
    translation.activate(settings.LANGUAGE_CODE)


def names(*more: str) -> re.Pattern:
    """What is the same in every language: names of languages and people's own names of universities and cities."""
    known = {name for _code, name in settings.LANGUAGES} | set(more)
    # CLDR's, in the reader's language.
    known |= set(Locale("sv").languages.values())
    known |= {partner.website_host for partner in PartnerUniversity.objects.all()}
    for model in content_models().values():
        untranslated = {field.attname for field in model._meta.fields} - translated_fields(model)
        for values in model.objects.values(*(name for name in untranslated if not re.search(r"_[a-z]{2}$", name))):
            known |= {value for value in values.values() if isinstance(value, str) and len(value) > 1}
    longest_first = sorted(known, key=len, reverse=True)
    return re.compile(rf"(?<!\w)(?:{'|'.join(map(re.escape, longest_first))})(?!\w)")


def test_public_pages_say_nothing_that_escaped_translation(client, pseudo_language):
    known = names("Python")
    sitemap = client.get("/sitemap.xml").content.decode()
    paths = re.findall(r"<loc>http://testserver(/sv/[^<]*)</loc>", sitemap)
    with translation.override("sv"):
        paths += [reverse(name) for name in ("search:results", "consent:settings", "consent:receipt", "consent:seals")]
        paths += [reverse("feedback:form"), f"{reverse('search:results')}?q=x", "/sv/nowhere/"]
    assert len(paths) > 30
    found = {path: faults for path in paths if (faults := escaped(client.get(path).content.decode(), known))}
    assert not found, "\n".join(f"{path}: {faults}" for path, faults in found.items())


def test_our_pages_of_the_admin_say_nothing_that_escaped_translation(client, staff, pseudo_language):
    client.force_login(staff())
    client.cookies[settings.LANGUAGE_COOKIE_NAME] = "sv"
    folders = {path.name for path in settings.BASE_DIR.iterdir()}
    # The account; names of formats; what the framework says of its own pictures; an app of others without translations.
    known = names("root", "XLIFF 2.1", "PO (gettext)", "True", "False", "Search", "Axes")
    found = {}
    for model, model_admin in admin.site._registry.items():
        if model.__module__.split(".")[0] in folders:
            for page in ("changelist", "add"):
                name = f"{model._meta.app_label}_{model._meta.model_name}_{page}"
                if name not in {pattern.name for pattern in model_admin.get_urls()}:
                    continue
                path = reverse(f"admin:{name}")
                response = client.get(path)
                assert page == "add" or response.status_code == 200, path
                if response.status_code == 200 and (faults := escaped(response.content.decode(), known)):
                    found[path] = faults
    assert not found, "\n".join(f"{path}: {faults}" for path, faults in found.items())
