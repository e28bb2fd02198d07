"""Brings the number of universities to N, each in ten languages, and prints their addresses: -m bench.pages.fill 1000.

Each new one has the texts of one that is there, and a number in its names and addresses.
"""

import sys

import django

django.setup()

from django.conf import settings  # noqa: E402
from django.utils import translation  # noqa: E402

from partners.models import PartnerUniversity  # noqa: E402

originals = list(PartnerUniversity.objects.published().values())
made = []
for number in range(len(originals), int(sys.argv[1])):
    original = originals[number % len(originals)]
    fields = original | {"id": None, "key": f"{original['key']}-{number}", "role": "member", "order": number}
    for code in settings.CONTENT_LANGUAGES:
        fields[f"name_{code}"] = f"{original[f'name_{code}'] or original['name_en']} {number}"
        fields[f"slug_{code}"] = f"{original[f'slug_{code}'] or original['slug_en']}-{number}"
    made.append(PartnerUniversity(**fields))
PartnerUniversity.objects.bulk_create(made, batch_size=500)
partners = list(PartnerUniversity.objects.published())
for code in settings.CONTENT_LANGUAGES:
    with translation.override(code):
        print(*(partner.get_absolute_url() for partner in partners), sep="\n")
