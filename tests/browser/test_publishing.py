"""A new version of the notice: an officer puts it in force, and visitors are asked again.

Not in test_consent.py, whose providers have no translations, so that its drafts cannot be put in force.
"""

import pytest

from tests.browser.test_consent import BOTH, notice

pytestmark = pytest.mark.postgresql

SHORTEN = """
from consent.models import *
from tests.consent.factories import put_in_force
DeclaredCookie.objects.filter(name="cookie_consent").update(lifetime=6)
put_in_force()
"""


@BOTH
def test_an_officer_puts_a_longer_duration_in_force_and_visitors_are_asked_again(site, visit, sign_in, javascript):
    visitor, officer = visit(java_script_enabled=javascript), sign_in("officer", java_script_enabled=javascript)
    visitor.go("/en/vision/")
    notice(visitor).get_by_role("button", name="Refuse all").click()
    visitor.page.locator("#consent-saved").wait_for()
    visitor.go("/en/vision/")
    assert not notice(visitor).is_visible()
    page = officer.page
    try:
        officer.go("/admin/consent/purpose/")
        page.locator("#result_list").get_by_role("rowheader").get_by_role("link", name="Necessary", exact=True).click()
        page.locator("#id_cookies-0-lifetime").fill("7")
        page.get_by_role("button", name="Save", exact=True).first.click()
        page.get_by_text("This is a draft.").wait_for()
        officer.go("/admin/consent/noticeversion/publish/")
        assert page.get_by_text("longer duration: Necessary: cookie_consent").is_visible()
        assert not page.get_by_label("A small correction").count()
        page.get_by_role("button", name="Publish the notice").click()
        page.get_by_text("is in force.").wait_for()
        officer.go("/admin/consent/noticeversion/compare/?language=de")
        assert page.get_by_role("deletion").get_by_text("6").is_visible()
        assert page.get_by_role("insertion").get_by_text("7").is_visible()
        visitor.go("/en/vision/")
        assert notice(visitor).is_visible()
    finally:
        site.manage("shell", "-v", "0", "-c", SHORTEN, check=True)
