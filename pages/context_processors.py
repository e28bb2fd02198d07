"""What every page's frame shows of the site's own pages."""

from django.utils.functional import SimpleLazyObject

from pages import cached


def layout_pages(request):
    """`layout_pages`: the pages of the sections, in the menu and at the foot, read when first used."""
    return {"layout_pages": SimpleLazyObject(lambda: cached.layout_pages(request))}
