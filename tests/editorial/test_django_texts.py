"""Texts of Django's admin around the name of a kind of content, which stays in the nominative."""

from pathlib import Path

import django
import pytest
from babel.messages.mofile import read_mo
from django.urls import reverse
from lxml.html import fromstring

from alliance.models import Initiative
from editorial import django_texts
from translations.messages import forms_of

# Page of the admin → its heading in Polish.
HEADINGS = {"add": "Dodaj: inicjatywa", "change": "Zmień: inicjatywa", "changelist": "Wybierz do zmiany: inicjatywa"}


@pytest.fixture
def polish(client, staff):
    client.force_login(staff())

    def page(name, *args):
        address = reverse(f"admin:alliance_initiative_{name}", args=args)
        return fromstring(client.get(address, headers={"accept-language": "pl"}).content.decode())

    return page


@pytest.mark.django_db
@pytest.mark.parametrize("name", HEADINGS)
def test_headings_need_no_case_of_the_name(polish, name):
    initiative = Initiative.objects.first()
    document = polish(name, *[initiative.pk] * (name == "change"))
    assert document.xpath("//h1/text()")[-1] == HEADINGS[name]
    assert document.xpath("//nav[@aria-label='Ścieżka nawigacji']")


@pytest.mark.django_db
def test_links_and_counts_need_no_case_of_the_name(polish):
    document = polish("changelist")
    assert document.xpath("normalize-space(//*[@class='paginator'])") == f"Razem: {Initiative.objects.count()}"
    assert document.xpath("normalize-space(//*[@class='object-tools']//a[@class='addlink'])") == "Dodaj: inicjatywa"
    (formset,) = polish("add").xpath("//@data-inline-formset[contains(., 'parts')]")
    assert '"addText": "Dodaj: ' in formset


def test_the_texts_are_those_of_django():
    path = Path(django.__file__).parent / "contrib/admin/locale/pl/LC_MESSAGES/django.mo"
    with path.open("rb") as file:
        known = {forms_of(message.id)[0] for message in read_mo(file) if message.id}
    texts = (*django_texts.HEADINGS, *django_texts.LINKS, *django_texts.MESSAGES)
    assert not [text for text in map(str, texts) if text not in known]
