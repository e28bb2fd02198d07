"""What every page's frame shows of the site's own pages."""

from django.utils.functional import SimpleLazyObject

from pages import cached


def frame_pages(request):
    """`frame_pages`: the pages of the sections, in the menu and at the foot, read when first used."""
    return {"frame_pages": SimpleLazyObject(lambda: cached.frame_pages(request))}
