"""Structured data of pages (JSON-LD)."""

import json
from datetime import date

from django.template import Context, Template


class Item:
    def get_absolute_url(self) -> str:
        return "/en/item/"

    def structured_data(self) -> dict:
        return {
            "startDate": date(2031, 8, 1),
            "isBasedOn": None,
            "audience": [],
            "sameAs": ["", "https://example.org/"],
            "numberOfCredits": 0,
            "location": [{"name": "Oulu", "address": "", "geo": None}],
        }


def test_structured_data_has_no_empty_property(rf):
    template = Template("{% load layout %}{% structured_data item as data %}{% json_ld data %}")
    html = template.render(Context({"request": rf.get("/"), "item": Item()}))
    assert json.loads(html.partition(">")[2].removesuffix("</script>")) == {
        "@context": "https://schema.org",
        "url": "http://testserver/en/item/",
        "startDate": "2031-08-01",
        "sameAs": ["https://example.org/"],
        "numberOfCredits": 0,
        "location": [{"name": "Oulu"}],
    }
