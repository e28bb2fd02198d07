"""Creates universities up to a number, in ten languages, and prints their URLs: -m bench.pages.fill 1000.

Each new university is a copy of an existing one, with a number in its names and slugs.
"""

import sys
from copy import copy

import django

django.setup()

from django.conf import settings  # noqa: E402
from django.utils import translation  # noqa: E402

from partners.models import PartnerUniversity  # noqa: E402

originals = list(PartnerUniversity.objects.published())
created = []
for number in range(len(originals), int(sys.argv[1])):
    partner = copy(originals[number % len(originals)])
    partner.pk, partner.key, partner.order = None, f"{partner.key}-{number}", number
    partner.role = PartnerUniversity.Role.MEMBER
    for code in settings.CONTENT_LANGUAGES:
        for field in ("name", "slug"):
            text = getattr(partner, f"{field}_{code}") or getattr(partner, f"{field}_en")
            setattr(partner, f"{field}_{code}", f"{text}-{number}")
    created.append(partner)
PartnerUniversity.objects.bulk_create(created, batch_size=500)
partners = list(PartnerUniversity.objects.published())
for code in settings.CONTENT_LANGUAGES:
    with translation.override(code):
        print(*(partner.get_absolute_url() for partner in partners), sep="\n")
