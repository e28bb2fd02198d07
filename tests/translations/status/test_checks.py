"""What is noticed in a translation before it is kept, and what is left in peace."""

import tomllib

import pytest
from django.conf import settings

from editorial.content_files import content_fields, content_models
from translations.status.checks import findings, findings_for

pytestmark = pytest.mark.once


def said(source: str, target: str, language: str = "pl", **options) -> str:
    return " ".join(finding.message for finding in findings(source, target, language, **options))


def is_refused(source: str, target: str, **options) -> bool:
    return any(finding.is_error for finding in findings(source, target, "pl", **options))


def test_a_missing_number_is_named_and_a_decimal_comma_is_none():
    assert "“12”" in said("12 universities in 2026", "21 uczelni w 2026")
    assert not said("14.4 million, 1,000 students, Article 6(1)", "14,4 mln, 1 000 studentów, art. 6.1")


def test_missing_links_and_addresses_are_named():
    source = '<p><a href="https://eua.eu/">EUA</a>, <a href="/en/partners/">us</a>, info@example.org</p>'
    right = '<p><a href="https://eua.eu/">EUA</a>, <a href="/pl/partnerzy/">nas</a>, info@example.org</p>'
    assert not said(source, right, is_html=True)
    assert "“https://eua.eu/”" in said(source, right.replace("eua.eu/", "eua.pl/"), is_html=True)
    assert "1 in the source, 0 here" in said(source, right.replace("/pl/partnerzy/", "https://eua.eu/"), is_html=True)
    assert "“/en/partners/”" in said(source, right.replace("/pl/partnerzy/", "/en/partners/"), is_html=True)
    assert "“info@example.org”" in said("Write to info@example.org.", "Napisz do info@example.com.")


def test_tags_must_be_whole_and_should_be_those_of_the_source():
    source = "<p>One <strong>two</strong></p><p>Three</p>"
    assert is_refused(source, "<p>Raz <strong>dwa</p><p>Trzy</p>", is_html=True)
    assert "“<strong> × 1”" in said(source, "<p>Raz dwa</p><p>Trzy</p>", is_html=True)
    assert not is_refused(source, "<p>Raz dwa</p><p>Trzy</p>", is_html=True)
    assert is_refused("A title", "<b>Tytuł</b>")


def test_placeholders_must_stay():
    assert is_refused("%(count)s pages", "%(liczba)s stron")
    assert is_refused("Hello {name}", "Cześć")
    assert not said("%(count)s pages", "stron: %(count)s")


def test_double_spaces_and_foreign_quotation_marks_are_named():
    assert "1 place" in said("One two", "Raz  dwa")
    assert "write „ ” « »" in said("The “city”", "Miasto “miasto”")
    assert not said("The “city’s” idea", "„Miasto” i «idea»")
    assert not said("The “city”", "”kaupunki”", "fi")


def test_a_text_too_long_is_refused_with_the_room_that_there_is():
    assert is_refused("Short", "x" * 45, limit=40)
    assert "5 characters too long: there is room for 40" in said("Short", "x" * 45, limit=40)


def test_the_settled_texts_of_this_site_give_hardly_cause_for_remarks():
    files = {path.stem: tomllib.loads(path.read_text()) for path in settings.CONTENT_DIR.glob("*.toml")}
    source = files.pop(settings.LANGUAGE_CODE)
    warnings, texts = [], 0
    for section, model in content_models().items():
        fields = content_fields(model)
        for language, sections in files.items():
            for key, values in sections.get(section, {}).items():
                for name in values.keys() & source[section][key].keys() - {"slug"}:
                    texts += 1
                    warnings += findings_for(fields[name], source[section][key][name], values[name], language)
    assert texts > 1000
    assert not [warning for warning in warnings if warning.is_error]
    assert len(warnings) < texts / 100
