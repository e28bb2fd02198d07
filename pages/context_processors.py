"""What every page's frame shows of the site's own pages."""

from django.utils.functional import SimpleLazyObject

from pages.models import Page


def frame_pages(request):
    """`frame_pages`: the pages in the menu and at the foot, read from the database when first used."""
    return {"frame_pages": SimpleLazyObject(lambda: list(Page.objects.for_frame()))}
