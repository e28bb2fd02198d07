"""The style guide shows all components, only to staff and developers."""

import pytest

pytestmark = [pytest.mark.django_db, pytest.mark.once]


def test_staff_see_every_component(client, staff):
    client.force_login(staff("Editors"))
    html = client.get("/styleguide/").content.decode()
    for component in (
        "steps",
        "cards",
        "facts",
        "figures",
        "badges",
        "tags",
        "filter",
        "pagination",
        "map",
        "weave",
        "error",
        "wrap rich-text article",
        "picture-choice",
    ):
        assert f'class="{component}' in html, component
    assert "<title>Style guide – UNIC</title>" in html


def test_developers_see_it_without_an_account(client, settings):
    settings.DEBUG = True
    assert client.get("/styleguide/").status_code == 200


def test_visitors_do_not_see_it(client):
    assert client.get("/styleguide/", follow=True).status_code == 404
