"""`manage.py audit_cookies` against the running site."""

import os
import subprocess
import sys

from tests.browser.conftest import ROOT


def manage(site, *arguments: str) -> subprocess.CompletedProcess:
    environment = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    return subprocess.run(
        [sys.executable, "manage.py", *arguments],
        cwd=ROOT,
        env=environment | {"DATA_DIR": str(site.data)},
        capture_output=True,
        text=True,
    )


def test_the_site_keeps_and_asks_for_what_it_declares_and_nothing_else(site, chromium):
    outcome = manage(site, "audit_cookies", site.url, "--language", "en")
    assert outcome.returncode == 0, outcome.stdout + outcome.stderr
    assert "All that was seen is declared, and came with consent." in outcome.stdout


CHANGE = """
from consent.models import *
DeclaredCookie.objects.filter(name="cookie_consent").update(purpose=Purpose.objects.get(key={purpose!r}))
DeclaredCookie.objects.filter(name="csrftoken").update(is_published={published})
"""


def test_what_is_not_declared_or_comes_without_consent_is_found(site, chromium):
    manage(site, "shell", "-c", CHANGE.format(purpose="statistics", published=False))
    try:
        outcome = manage(site, "audit_cookies", site.url, "--language", "pl")
    finally:
        manage(site, "shell", "-c", CHANGE.format(purpose="necessary", published=True))
    assert outcome.returncode == 1
    assert "without consent: cookie cookie_consent (all refused, only functional allowed" in outcome.stdout
    assert "not declared: cookie csrftoken (staff at the sign-in; first at /admin/login/)" in outcome.stdout
