"""Automatic checks of translations."""

import pytest
from django.conf import settings

from editorial.content_files import ContentFiles, content_fields, models_by_section
from translations.status.checks import findings, findings_for, quoted_list

pytestmark = pytest.mark.once


def messages(source: str, target: str, language: str = "pl", **options) -> str:
    return " ".join(finding.message for finding in findings(source, target, language, **options))


def is_refused(source: str, target: str, **options) -> bool:
    return any(finding.is_error for finding in findings(source, target, "pl", **options))


def test_missing_numbers_are_reported_and_decimal_commas_are_not():
    assert "“12”" in messages("12 universities in 2026", "21 uczelni w 2026")
    assert not messages("14.4 million, 1,000 students, Article 6(1)", "14,4 mln, 1 000 studentów, art. 6.1")


@pytest.mark.parametrize(
    ("target", "language"),
    [
        ("225 tys. studentów", "pl"),
        ("225\u00a0tysięcy studentów", "pl"),
        ("225 Tsd. Studierende", "de"),
        ("225 tausend Studierende", "de"),
        ("225 mil estudiantes", "es"),
        ("225 tuhatta opiskelijaa", "fi"),
        ("225 mille étudiants", "fr"),
        ("225 tisuća studenata", "hr"),
        ("225 duizend studenten", "nl"),
        ("225 tusen studenter", "sv"),
        ("225 bin öğrenci", "tr"),
    ],
)
def test_a_number_may_be_written_with_the_word_for_thousand(target, language):
    assert not messages("225,000 students", target, language)
    assert "“225,000”" in messages("225,000 students", target.replace("225", "252"), language)


def test_a_decimal_number_may_stand_before_the_word_for_thousand_alone():
    assert not messages("225,500 students", "225,5 tys. studentów")
    assert "“225,000”" in messages("225,000 students", "225 milionów studentów")


def test_texts_in_a_warning_are_quoted_as_in_the_language_of_the_admin(monkeypatch):
    monkeypatch.setattr("translations.status.checks._", {"“%s”": "„%s”"}.get)
    assert quoted_list(["12"]) == "„12”"


def test_missing_links_and_addresses_are_reported():
    source = '<p><a href="https://eua.eu/">EUA</a>, <a href="/en/partners/">us</a>, info@example.org</p>'
    good = '<p><a href="https://eua.eu/">EUA</a>, <a href="/pl/partnerzy/">nas</a>, info@example.org</p>'
    assert not messages(source, good, is_html=True)
    assert "“https://eua.eu/”" in messages(source, good.replace("eua.eu/", "eua.pl/"), is_html=True)
    assert "1 in the source, 0 here" in messages(
        source, good.replace("/pl/partnerzy/", "https://eua.eu/"), is_html=True
    )
    assert "“/en/partners/”" in messages(source, good.replace("/pl/partnerzy/", "/en/partners/"), is_html=True)
    assert "“info@example.org”" in messages("Write to info@example.org.", "Napisz do info@example.com.")


def test_unpaired_tags_are_errors_and_missing_tags_are_warnings():
    source = "<p>One <strong>two</strong></p><p>Three</p>"
    assert is_refused(source, "<p>Raz <strong>dwa</p><p>Trzy</p>", is_html=True)
    assert "“<strong> × 1”" in messages(source, "<p>Raz dwa</p><p>Trzy</p>", is_html=True)
    assert not is_refused(source, "<p>Raz dwa</p><p>Trzy</p>", is_html=True)
    assert is_refused("A title", "<b>Tytuł</b>")


def test_a_text_that_ends_with_an_ampersand_and_letters_is_checked_to_its_end():
    assert not messages("12 cities", "12 miast, B&R", is_html=True)
    assert "“12”" in messages("12 cities", "21 miast, B&R", is_html=True)


def test_missing_placeholders_are_errors():
    assert is_refused("%(count)s pages", "%(liczba)s stron")
    assert is_refused("Hello {name}", "Cześć")
    assert not messages("%(count)s pages", "stron: %(count)s")


def test_double_spaces_and_foreign_quotation_marks_are_reported():
    assert "1 place" in messages("One two", "Raz  dwa")
    assert "write „ ” « »" in messages("The “city”", "Miasto “miasto”")
    assert not messages("The “city’s” idea", "„Miasto” i «idea»")
    assert not messages("The “city”", "”kaupunki”", "fi")


def test_a_text_that_is_too_long_is_an_error_with_the_limit():
    assert is_refused("Short", "x" * 45, limit=40)
    assert "5 characters too long: there is room for 40" in messages("Short", "x" * 45, limit=40)


def test_the_finished_texts_of_this_site_cause_few_warnings():
    files = ContentFiles(settings.CONTENT_DIR).files
    source = files.pop(settings.LANGUAGE_CODE)
    warnings, texts = [], 0
    for section, model in models_by_section().items():
        fields = content_fields(model)
        for language, sections in files.items():
            for key, values in sections.get(section, {}).items():
                for name in values.keys() & source[section][key].keys() - {"slug"}:
                    texts += 1
                    warnings += findings_for(fields[name], source[section][key][name], values[name], language)
    assert texts > 1000
    assert not [warning for warning in warnings if warning.is_error]
    assert len(warnings) < texts / 50
