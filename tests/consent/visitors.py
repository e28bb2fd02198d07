"""Visitors who send decisions."""

DECIDE, SETTINGS, RECEIPT = "/en/cookies/decide/", "/en/cookies/settings/", "/en/cookies/receipt/"
SAME_SITE = {"sec-fetch-site": "same-origin"}
# Headers of a form that a browser sends without JavaScript.
FORM = SAME_SITE | {"accept": "text/html,application/xhtml+xml,*/*;q=0.8"}


def press(client, action: str, path: str = "/en/partners/", headers=SAME_SITE, address=DECIDE, **data):
    return client.post(address, {"action": action, "next": path} | data, headers=headers)


def asks(client, path: str = "/en/") -> bool:
    return 'class="consent"' in client.get(path).content.decode()
