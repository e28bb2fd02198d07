"""The style guide shows the design to those who carry it on, and to nobody else."""

import pytest

pytestmark = [pytest.mark.django_db, pytest.mark.once]


def test_staff_see_every_piece(client, staff):
    client.force_login(staff("Editors"))
    seen = client.get("/styleguide/").content.decode()
    for piece in (
        "steps",
        "cards",
        "facts",
        "figures",
        "badges",
        "tags",
        "filter",
        "pagination",
        "map",
        "cloth",
        "error",
        "wrap rich-text article",
        "picture-choice",
    ):
        assert f'class="{piece}' in seen, piece
    assert "<title>Style guide – UNIC</title>" in seen


def test_developers_see_it_without_an_account(client, settings):
    settings.DEBUG = True
    assert client.get("/styleguide/").status_code == 200


def test_visitors_do_not(client):
    assert client.get("/styleguide/", follow=True).status_code == 404
