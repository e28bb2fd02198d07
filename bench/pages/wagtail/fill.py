"""Adds so many pages below the first one, and prints the address of each: python -m bench.pages.wagtail.fill 1000."""

import sys

import django

django.setup()

from django.contrib.contenttypes.models import ContentType  # noqa: E402
from wagtail.models import Locale, Page  # noqa: E402

home = Page.objects.get(depth=2)
described = {
    "content_type": ContentType.objects.get_for_model(Page),
    "locale": Locale.get_default(),
    "depth": 3,
    "live": True,
}
# In bulk: one by one, Wagtail takes minutes.
pages = [
    Page(
        title=slug,
        draft_title=slug,
        slug=slug,
        path=Page._get_path(home.path, 3, number),
        url_path=f"{home.url_path}{slug}/",
    )
    for number in range(1, int(sys.argv[1]) + 1)
    for slug in [f"page-{number}"]
]
for page in pages:
    for name, value in described.items():
        setattr(page, name, value)
Page.objects.bulk_create(pages, batch_size=1000)
Page.objects.filter(pk=home.pk).update(numchild=len(pages))
print(*(f"/{page.slug}/" for page in pages), sep="\n")
