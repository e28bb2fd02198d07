"""Presets of known tools: values for the forms of a provider and of what loads from it. Staff check each of them.

Facts are from the public documentation of each tool. What depends on the settings of an installation stays empty.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils import translation
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from modeltranslation.utils import build_localized_fieldname

from consent.models.cookie import LifetimeUnit, StorageKind
from consent.models.provider import origin, validate_https
from consent.models.purpose import Purpose
from consent.models.third_party import Tool

Text = str | Promise


@dataclass(frozen=True)
class Entry:
    """Something that staff enter before the form opens. A placeholder in the values of a preset has its name."""

    name: str
    label: Text
    example: str
    type: str = "text"


@dataclass(frozen=True)
class PresetCookie:
    """A cookie that a tool sets."""

    name: str
    description: Text
    lifetime: int | None
    unit: str
    kind: str = StorageKind.COOKIE

    @property
    def initial(self) -> dict[str, Any]:
        """Values of a row in the form of the provider."""
        return {
            "name": self.name,
            "kind": self.kind,
            "lifetime": self.lifetime,
            "unit": self.unit,
            **in_all_languages("description", self.description),
        }


@dataclass(frozen=True)
class Preset:
    """Values of one tool. In `hosts`, `source`, `attributes` and `configuration`, "{name}" stands for an entry."""

    name: Text
    purpose: str
    hosts: tuple[str, ...]
    data: Text
    check: Text
    # The organisation; empty if a server of any organisation can run the tool.
    organisation: str = ""
    address: str = ""
    country: str = ""
    retention: Text = ""
    transfer: Text = ""
    policy_url: str = ""
    cookies: tuple[PresetCookie, ...] = ()
    entries: tuple[Entry, ...] = ()
    # Empty for embedded content.
    source: str = ""
    tool: str = Tool.OTHER
    attributes: str = ""
    configuration: Mapping[str, Any] = field(default_factory=dict)

    def provider_initial(self, entered: Mapping[str, str]) -> dict[str, Any]:
        """Values of the form of the provider."""
        return {
            "purpose": Purpose.objects.filter(key=self.purpose, is_necessary=False).first(),
            "name": self.organisation,
            "address": self.address,
            "country": self.country,
            "hosts": "\n".join(self.hosts_for(entered)),
            "policy_url": self.policy_url,
            **in_all_languages("data", self.data),
            **in_all_languages("retention", self.retention),
            **in_all_languages("transfer", self.transfer),
        }

    def script_initial(self, entered: Mapping[str, str]) -> dict[str, Any]:
        """Values of the form of the script."""
        values = self.values(entered)
        source = filled(self.source, values)
        configuration = filled(json.dumps(dict(self.configuration), indent=2), values)
        return {
            "name": str(self.name),
            "source": source,
            "connects_to": "\n".join(host for host in self.hosts_for(entered) if not source.startswith(f"{host}/")),
            "tool": self.tool,
            "attributes": filled(self.attributes, values),
            "configuration": configuration if self.configuration else "",
        }

    def hosts_for(self, entered: Mapping[str, str]) -> list[str]:
        """Return the hosts, without those that staff have not entered."""
        values = self.values(entered)
        return list(filter(None, (filled(host, values) for host in self.hosts)))

    def values(self, entered: Mapping[str, str]) -> dict[str, str]:
        """Return the value of each placeholder: the entries, and the parts of an address among them."""
        values = {entry.name: entered.get(entry.name, "").strip() for entry in self.entries}
        address = values.get("address", "").rstrip("/")
        try:
            validate_https(address)
        except ValidationError:
            return values | {"address": "", "host": "", "hostname": ""}
        return values | {"address": address, "host": origin(address), "hostname": urlsplit(address).netloc}


def filled(text: str, values: Mapping[str, str]) -> str:
    """Return `text` with values for its placeholders, escaped as in JSON. Braces elsewhere stay."""
    for name, value in values.items():
        text = text.replace(f"{{{name}}}", json.dumps(value, ensure_ascii=False)[1:-1])
    return text


def in_all_languages(name: str, text: Text) -> dict[str, str]:
    """Return the values of a translated field. A language without a translation stays empty."""
    values = {}
    for code in settings.CONTENT_LANGUAGES:
        with translation.override(code):
            values[build_localized_fieldname(name, code)] = str(text)
    source = build_localized_fieldname(name, settings.LANGUAGE_CODE)
    return {key: value if key == source or value != values[source] else "" for key, value in values.items()}


ADDRESS = Entry("address", _("Address of the installation"), "https://stats.example.org", "url")
SITE_NUMBER = Entry("site", _("Number of the site"), "1")
TAG = Entry("tag", _("Measurement ID"), "G-ABC123")

CHECK = _(
    "Check the organisation, its address, the cookies and the transfer against its policy, and enter how long it keeps "
    "the data."
)
CHECK_OWN = _("Enter the organisation that runs the server, its address and country, and how long it keeps the data.")

COUNTER_DATA = _(
    "Your IP address, the pages that you open here, the page that led you here, the time, and the type of your browser "
    "and device."
)
ADVERTISING_DATA = _(
    "Your IP address, the pages that you open here, the time, the type of your browser and device, and identifiers "
    "that connect your visits to different sites."
)
VIDEO_DATA = _(
    "Your IP address, the page on which you watch, what you watch and for how long, and the type of your browser and "
    "device."
)
MAP_DATA = _(
    "Your IP address, the type of your browser, the page from which you see the map, and the part of the map that you "
    "look at."
)
UNITED_STATES = _(
    "United States; the provider takes part in the EU-US Data Privacy Framework, which the European Commission has "
    "decided is adequate (Article 45 of the GDPR)."
)
NEW_ZEALAND = _(
    "New Zealand; the European Commission has decided that it protects personal data adequately (Article 45 of the "
    "GDPR)."
)
UNITED_KINGDOM = _(
    "United Kingdom; the European Commission has decided that it protects personal data adequately (Article 45 of the "
    "GDPR)."
)

RETURNING = _("Tells a returning visitor from a new one.")
ONE_VISIT = _("Connects the pages of one visit.")
MATOMO_COOKIES = (
    PresetCookie("_pk_id.*", RETURNING, 13, LifetimeUnit.MONTH),
    PresetCookie("_pk_ses.*", ONE_VISIT, 30, LifetimeUnit.MINUTE),
    PresetCookie("_pk_ref.*", _("Remembers the page that led you here."), 6, LifetimeUnit.MONTH),
)
MATOMO = {"tracker": "{address}/matomo.php", "site": "{site}"}
GOOGLE: dict[str, Any] = {
    "organisation": "Google Ireland Limited",
    "address": "Gordon House, Barrow Street, Dublin 4, D04 E5W5",
    "country": "IE",
    "transfer": UNITED_STATES,
    "policy_url": "https://policies.google.com/privacy",
    "check": CHECK,
}
GOOGLE_TAG = "https://www.googletagmanager.com/gtag/js?id={tag}"

PRESETS: dict[str, Preset] = {
    "matomo": Preset(
        name=_("Matomo on a server of one’s own"),
        purpose="statistics",
        hosts=("{host}",),
        data=COUNTER_DATA,
        check=CHECK_OWN,
        cookies=MATOMO_COOKIES,
        entries=(ADDRESS, SITE_NUMBER),
        source="{address}/matomo.js",
        tool=Tool.MATOMO,
        configuration=MATOMO,
    ),
    "matomo-cloud": Preset(
        name="Matomo Cloud",
        purpose="statistics",
        organisation="InnoCraft Limited",
        address="7 Waterloo Quay, PO Box 625, 6140 Wellington",
        country="NZ",
        hosts=("https://cdn.matomo.cloud", "{host}"),
        data=COUNTER_DATA,
        transfer=NEW_ZEALAND,
        policy_url="https://matomo.org/matomo-cloud-privacy-policy/",
        check=CHECK,
        cookies=MATOMO_COOKIES,
        entries=(
            Entry("address", _("Address of the installation"), "https://example.matomo.cloud", "url"),
            SITE_NUMBER,
        ),
        source="https://cdn.matomo.cloud/{hostname}/matomo.js",
        tool=Tool.MATOMO,
        configuration=MATOMO,
    ),
    "plausible": Preset(
        name="Plausible",
        purpose="statistics",
        organisation="Plausible Insights OÜ",
        address="Västriku tn 2, 50403 Tartu",
        country="EE",
        hosts=("{host}",),
        data=COUNTER_DATA,
        policy_url="https://plausible.io/privacy",
        check=CHECK,
        entries=(
            Entry("address", _("Address of the script"), "https://plausible.io/js/script.js", "url"),
            Entry("domain", _("Domain of this site at Plausible"), "www.example.org"),
        ),
        source="{address}",
        attributes="data-domain={domain}",
    ),
    "umami": Preset(
        name="Umami",
        purpose="statistics",
        hosts=("{host}",),
        data=COUNTER_DATA,
        check=CHECK_OWN,
        entries=(ADDRESS, Entry("site", _("Website ID"), "94db1cb1-74f4-4a40-ad6c-962362670409")),
        source="{address}/script.js",
        attributes="data-website-id={site}",
    ),
    "google-statistics": Preset(
        name=_("Google tag: statistics"),
        purpose="statistics",
        hosts=(
            "https://www.googletagmanager.com",
            "https://www.google-analytics.com",
            "https://region1.google-analytics.com",
            "https://analytics.google.com",
            "https://region1.analytics.google.com",
        ),
        data=COUNTER_DATA,
        cookies=(
            PresetCookie("_ga", RETURNING, 2, LifetimeUnit.YEAR),
            PresetCookie("_ga_*", ONE_VISIT, 2, LifetimeUnit.YEAR),
        ),
        entries=(TAG,),
        source=GOOGLE_TAG,
        tool=Tool.GOOGLE,
        configuration={"tag": "{tag}", "signals": ["analytics_storage"]},
        **GOOGLE,
    ),
    "google-advertising": Preset(
        name=_("Google tag: advertising"),
        purpose="advertising",
        hosts=(
            "https://www.googletagmanager.com",
            "https://www.googleadservices.com",
            "https://googleads.g.doubleclick.net",
            "https://pagead2.googlesyndication.com",
            "https://www.google.com",
        ),
        data=ADVERTISING_DATA,
        cookies=(
            PresetCookie(
                "_gcl_*",
                _("Connects an advertisement that you clicked with what you do here."),
                90,
                LifetimeUnit.DAY,
            ),
        ),
        entries=(TAG,),
        source=GOOGLE_TAG,
        tool=Tool.GOOGLE,
        configuration={"tag": "{tag}", "signals": ["ad_storage", "ad_user_data", "ad_personalization"]},
        **GOOGLE,
    ),
    "openstreetmap": Preset(
        name="OpenStreetMap",
        purpose="functional",
        organisation="OpenStreetMap Foundation",
        address="St John’s Innovation Centre, Cowley Road, Cambridge, CB4 0WS",
        country="GB",
        hosts=("https://www.openstreetmap.org", "https://tile.openstreetmap.org"),
        data=MAP_DATA,
        transfer=UNITED_KINGDOM,
        policy_url="https://osmfoundation.org/wiki/Privacy_Policy",
        check=CHECK,
    ),
    "youtube": Preset(
        name="YouTube",
        purpose="functional",
        hosts=("https://www.youtube-nocookie.com",),
        data=VIDEO_DATA,
        cookies=(
            PresetCookie(
                "yt*",
                _("Keeps the settings of the player and recognises your device."),
                None,
                LifetimeUnit.UNLIMITED,
                StorageKind.LOCAL_STORAGE,
            ),
        ),
        **GOOGLE,
    ),
    "vimeo": Preset(
        name="Vimeo",
        purpose="functional",
        organisation="Vimeo.com, Inc.",
        address="330 West 34th Street, New York, NY 10001",
        country="US",
        hosts=("https://player.vimeo.com",),
        data=VIDEO_DATA,
        transfer=UNITED_STATES,
        policy_url="https://vimeo.com/privacy",
        check=CHECK,
        cookies=(
            PresetCookie("__cf_bm", _("Tells people from programs, against abuse."), 30, LifetimeUnit.MINUTE),
            PresetCookie("_cfuvid", _("Tells people from programs, against abuse."), None, LifetimeUnit.SESSION),
        ),
    ),
    "peertube": Preset(
        name="PeerTube",
        purpose="functional",
        hosts=("{host}",),
        data=VIDEO_DATA,
        check=CHECK_OWN,
        cookies=(
            PresetCookie(
                "peertube-videojs-*",
                _("Keeps the volume and the quality that you chose."),
                None,
                LifetimeUnit.UNLIMITED,
                StorageKind.LOCAL_STORAGE,
            ),
        ),
        entries=(replace(ADDRESS, example="https://videos.example.org"),),
    ),
}
