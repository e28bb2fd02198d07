"""The layout offers a choice of languages only where there is one."""

import pytest

from pagecache.models import ContentVersion

pytestmark = [pytest.mark.django_db, pytest.mark.once]


def test_a_site_in_several_languages_offers_them_in_header_and_footer(client):
    html = client.get("/en/").content.decode()
    assert 'popovertarget="languages"' in html and "This page in other languages" in html


def test_a_site_in_one_language_offers_none(client, settings):
    settings.LANGUAGES = [("en", "English")]
    ContentVersion.objects.update(name="in one language")
    html = client.get("/en/").content.decode()
    assert 'popovertarget="languages"' not in html and 'id="languages"' not in html
    assert "This page in other languages" not in html
