"""Creates ten pages for each of N universities, and prints their URLs: -m bench.pages.wagtail.fill 1000."""

import sys

import django

django.setup()

from wagtail.models import Locale, Page  # noqa: E402

LANGUAGES = 10

home, locale = Page.objects.get(depth=2), Locale.get_default()
total = int(sys.argv[1]) * LANGUAGES
created = []
for number in range(home.numchild + 1, total + 1):
    slug = f"page-{number}"
    page = Page(title=slug, draft_title=slug, slug=slug, url_path=f"{home.url_path}{slug}/", depth=3, locale=locale)
    page.path = Page._get_path(home.path, 3, number)
    created.append(page)
# In bulk, because single inserts take an hour.
Page.objects.bulk_create(created, batch_size=500)
Page.objects.filter(pk=home.pk).update(numchild=total)
print(*(f"/page-{number}/" for number in range(1, total + 1)), sep="\n")
