"""A pseudo-language finds untranslated texts: the texts of a page without its brackets."""

import re
from html.parser import HTMLParser
from urllib.parse import urlsplit

import pytest
from babel import Locale
from django.conf import settings
from django.contrib import admin
from django.urls import reverse
from django.utils import translation
from django.utils.translation import trans_real

from consent.models import PolicyVersion
from editorial.content_files import models_by_section, translated_fields
from editorial.models import content_models
from pages.templatetags.layout import host
from partners.models import PartnerUniversity
from tests.consent.factories import put_in_force

pytestmark = [pytest.mark.django_db, pytest.mark.once]
OPEN, CLOSE = "⟦", "⟧"
ACCENTED = str.maketrans("aceinosuyzACEINOSUYZ", "àçéîñöšüýžÀÇÉÎÑÖŠÜÝŽ")
PLACEHOLDER = re.compile(r"(%\(\w+\)[sd]|%[sd%]|\{\w*\}|<[^>]+>|&\w+;)")


def pseudo(text: str) -> str:
    """`text` with accents, longer and in brackets; placeholders and tags are unchanged."""
    parts = PLACEHOLDER.split(text)
    accented = "".join(part if index % 2 else part.translate(ACCENTED) for index, part in enumerate(parts))
    return f"{OPEN}{accented}{'·' * (len(text) // 3)}{CLOSE}"


def is_technical(text: str) -> bool:
    """Whether the text is a URL segment, a date format or has no word."""
    return text.endswith("/") or not re.search(r"[^\W\d]{2}", PLACEHOLDER.sub("", text))


class PseudoTranslation(trans_real.DjangoTranslation):
    """Translates all texts into the pseudo-language, including those of Django."""

    def gettext(self, message):
        # The message may have a context as prefix.
        text = message.rpartition(trans_real.CONTEXT_SEPARATOR)[2]
        return super().gettext(message) if is_technical(text) else pseudo(text)

    def ngettext(self, singular, plural, number):
        return self.gettext(singular if number == 1 else plural)


class Reader(HTMLParser):
    """Collects the texts of a page that are in the page's language."""

    IGNORED_TAGS = ("script", "style", "code", "svg", "time", "textarea")
    VOID = ("meta", "link", "img", "input", "source", "br", "hr", "col")
    TEXT_ATTRIBUTES = ("alt", "aria-label", "title", "placeholder", "content")

    def __init__(self, html: str):
        super().__init__()
        self.open, self.texts = [], []
        self.feed(html)

    def handle_starttag(self, tag, attributes):
        values = dict(attributes)
        foreign = values.get("lang") not in (None, "sv") or (values.get("hidden", "") is None)
        is_ignored = foreign or tag in self.IGNORED_TAGS or any(is_ignored for _tag, is_ignored in self.open)
        if tag not in self.VOID:
            self.open.append((tag, is_ignored))
        if tag == "meta" and values.get("name") != "description":
            return
        if tag == "input" and values.get("type") in ("submit", "button"):
            self.add(is_ignored, values.get("value"))
        for name in self.TEXT_ATTRIBUTES:
            self.add(is_ignored, values.get(name))

    def handle_endtag(self, tag):
        while self.open and self.open.pop()[0] != tag:
            pass

    def handle_data(self, data):
        self.add(any(is_ignored for _tag, is_ignored in self.open), data)

    def add(self, is_ignored, text):
        if not is_ignored and text:
            self.texts.append(text)


def untranslated(html: str, known: re.Pattern) -> list[str]:
    """The texts of a page outside the brackets that are not known names."""
    text, before = "\n".join(Reader(html).texts), ""
    # Translated texts may contain translated texts.
    while text != before:
        text, before = re.sub(rf"{OPEN}[^{OPEN}{CLOSE}]*{CLOSE}", " ", text), text
    digest = r"\b[0-9a-f]{32,}\b"
    return re.findall(r"[^\W\d_]{2,}[^\n]*", known.sub(" ", re.sub(digest, " ", text)))


@pytest.fixture
def pseudo_language(monkeypatch):
    """Use the pseudo-language instead of Swedish in interface and content."""
    for model in content_models():
        for item in model.objects.all():
            values = {
                f"{name}_sv": f"{OPEN}{re.sub('<[^>]+>', ' ', value)}{CLOSE}"[:300].rstrip(CLOSE) + CLOSE
                for name in translated_fields(model) - {"slug"}
                if (value := getattr(item, f"{name}_en"))
            }
            if values:
                model.objects.filter(pk=item.pk).update(**values)
    monkeypatch.setitem(trans_real._translations, "sv", PseudoTranslation("sv"))
    PolicyVersion.objects.put_in_force()
    put_in_force()
    yield
    translation.activate(settings.LANGUAGE_CODE)


def names(*more: str) -> re.Pattern:
    """A pattern for names that are the same in every language, such as names of languages, universities and cities."""
    known = {name for _code, name in settings.LANGUAGES} | set(more)
    # Language names of CLDR in Swedish.
    known |= set(Locale("sv").languages.values())
    # Dates and the language of the page in the header.
    known |= {*Locale("sv").months["format"]["wide"].values(), "CET", "CEST", "GMT", "SV", "Atom", "JSON Feed"}
    known |= {host(partner.website) for partner in PartnerUniversity.objects.all()}
    known |= {host for provider in models_by_section()["providers"].objects.all() for host in provider.origins}
    for model in content_models():
        untranslated = {field.attname for field in model._meta.fields} - translated_fields(model)
        for values in model.objects.values(*(name for name in untranslated if not re.search(r"_[a-z]{2}$", name))):
            texts = {value for value in values.values() if isinstance(value, str) and len(value) > 1}
            known |= texts | {urlsplit(text).hostname or text for text in texts if text.startswith("http")}
    longest_first = sorted(known, key=len, reverse=True)
    return re.compile(rf"(?<!\w)(?:{'|'.join(map(re.escape, longest_first))})(?!\w)")


@pytest.mark.nightly
def test_public_pages_have_no_untranslated_text(client, pseudo_language):
    known = names("Python")
    sitemap = client.get("/sitemap.xml").content.decode()
    paths = re.findall(r"<loc>http://testserver(/sv/[^<]*)</loc>", sitemap)
    with translation.override("sv"):
        paths += [reverse(name) for name in ("search:results", "consent:settings", "consent:receipt", "consent:seals")]
        paths += [reverse("feedback:form"), f"{reverse('search:results')}?q=x", "/sv/nowhere/"]
    assert len(paths) > 30
    found = {path: texts for path in paths if (texts := untranslated(client.get(path).content.decode(), known))}
    assert not found, "\n".join(f"{path}: {texts}" for path, texts in found.items())


@pytest.mark.nightly
def test_admin_pages_of_this_project_have_no_untranslated_text(client, staff, pseudo_language):
    client.force_login(staff())
    client.cookies[settings.LANGUAGE_COOKIE_NAME] = "sv"
    folders = {path.name for path in settings.BASE_DIR.iterdir()}
    # The user name; names of formats and tools; alternative texts of Django's icons.
    known = names("root", "XLIFF 2.1", "PO (gettext)", "Matomo", "True", "False", "Search")
    found = {}
    for model, model_admin in admin.site._registry.items():
        if model.__module__.split(".")[0] in folders:
            for page in ("changelist", "add"):
                name = f"{model._meta.app_label}_{model._meta.model_name}_{page}"
                if name not in {pattern.name for pattern in model_admin.get_urls()}:
                    continue
                path = reverse(f"admin:{name}")
                # A list with one row leads to its form.
                response = client.get(path, follow=page == "changelist")
                assert page == "add" or response.status_code == 200, path
                if response.status_code == 200 and (texts := untranslated(response.content.decode(), known)):
                    found[path] = texts
    assert not found, "\n".join(f"{path}: {texts}" for path, texts in found.items())
