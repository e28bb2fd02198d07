"""Visitors who send decisions."""

from consent.models import NoticeVersion

DECIDE, SETTINGS, RECEIPT = "/en/cookies/decide/", "/en/cookies/settings/", "/en/cookies/receipt/"
SAME_SITE = {"sec-fetch-site": "same-origin"}
# Headers of a form that a browser sends without JavaScript.
FORM = SAME_SITE | {"accept": "text/html,application/xhtml+xml,*/*;q=0.8"}


def fields(action: str, path: str = "/en/", **data) -> dict:
    """The fields of a form of the notice in force. The buttons that withdraw have no question, so they name none."""
    version = NoticeVersion.objects.current()
    named = {"notice": version.number} if version and action != "withdraw" else {}
    return {"action": action, "next": path} | named | data


def press(client, action: str, path: str = "/en/partners/", headers=SAME_SITE, address=DECIDE, **data):
    return client.post(address, fields(action, path, **data), headers=headers)


def asks(client, path: str = "/en/") -> bool:
    return 'class="consent"' in client.get(path).content.decode()
