"""`manage.py audit_cookies` against the running site."""

# Paths of several kinds of pages.
PATHS = ("/en/partners/university-of-lodz/", "/en/deliverables/seamless", "/en/timeline/", "/pl/wizja/")


def test_the_site_stores_and_loads_only_what_is_declared(site, chromium):
    outcome = site.manage("audit_cookies", site.url, *(f"--under={path}" for path in PATHS))
    assert outcome.returncode == 0, outcome.stdout + outcome.stderr
    assert "Everything that was found is declared and was set with consent." in outcome.stdout


CHANGE = """
from consent.models import *
DeclaredCookie.objects.filter(name="cookie_consent").update(purpose=Purpose.objects.get(key={purpose!r}))
DeclaredCookie.objects.filter(name="csrftoken").update(is_published={published})
"""


def test_undeclared_cookies_and_cookies_without_consent_are_found(site, chromium):
    site.manage("shell", "-c", CHANGE.format(purpose="statistics", published=False))
    try:
        outcome = site.manage("audit_cookies", site.url, "--under", "/pl/wizja/")
    finally:
        site.manage("shell", "-c", CHANGE.format(purpose="necessary", published=True))
    assert outcome.returncode == 1
    assert "without consent: cookie cookie_consent (all refused, only functional allowed" in outcome.stdout
    assert "not declared: cookie csrftoken (staff at the sign-in; first at /admin/login/)" in outcome.stdout
