"""Pages that visitors miss on a site without them."""

from collections.abc import Iterator

from pages.models import Page

# Kind → what happens without a page of it.
CONSEQUENCES = {
    Page.Kind.HOME: "the address of the site leads to an error page",
    Page.Kind.SEARCH: "visitors cannot search",
    Page.Kind.PRIVACY: "visitors cannot read the privacy policy",
    Page.Kind.COOKIES: "visitors cannot read which cookies the site sets",
    Page.Kind.ACCESSIBILITY: "visitors cannot read the accessibility statement",
}


def missing_pages() -> Iterator[str]:
    found = set(Page.objects.published().values_list("kind", flat=True))
    for kind, consequence in CONSEQUENCES.items():
        if kind not in found:
            yield f'a published page with kind = "{kind}" (section pages). Without it, {consequence}.'
