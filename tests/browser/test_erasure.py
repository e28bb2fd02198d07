"""Erasing of a person from the content, as a privacy officer does it in a browser."""

import pytest

from tests.browser.test_pages import violations

pytestmark = [pytest.mark.postgresql, pytest.mark.nightly]

ADD = """
from alliance.models import Milestone
from editorial.models import Revision
with Revision.objects.recorded():
    values = {"key": "erasure", "title_en": "A visit of Zyxwina Qwertz", "date": "2026-01-01"}
    Milestone.objects.create(**values, is_published=False)
"""
REMOVE = """
from alliance.models import Milestone
from editorial.models import Revision
with Revision.objects.recorded():
    Milestone.objects.filter(key="erasure").delete()
"""


def test_an_officer_finds_a_person_erases_the_name_and_finds_it_no_more(site, sign_in):
    site.manage("shell", "-v", "0", "-c", ADD, check=True)
    officer = sign_in("officer")
    page, faults = officer.page, []

    def search():
        officer.go("/admin/editorial/contenterasure/find/")
        page.get_by_label("Name, e-mail address or another text").fill("Zyxwina")
        page.get_by_role("button", name="Search").last.click()
        page.get_by_role("heading", name="Found in").wait_for()
        faults.extend(violations(page))

    try:
        search()
        page.get_by_role("link", name="A visit of Zyxwina Qwertz").click()
        faults.extend(violations(page))
        page.get_by_role("checkbox", name="Title", exact=True).check()
        page.get_by_label("Replacement for Title").fill("A guest in Oulu")
        page.get_by_label("Reason").fill("Request of 12 May")
        page.get_by_role("button", name="Continue").click()
        faults.extend(violations(page))
        page.get_by_role("button", name="Erase permanently").click()
        page.get_by_text("Erased: Title.").wait_for()
        search()
        assert page.get_by_text("No item contains this text.").is_visible()
    finally:
        site.manage("shell", "-v", "0", "-c", REMOVE, check=True)
    assert not faults
