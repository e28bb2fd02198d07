"""The page that a preview link shows to people without an account."""

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from editorial import previews
from editorial.models import PreviewLink
from security.proxies import client_network
from security.rate_limits import RateLimit

# Pages of one network in ten minutes. Each rendering keeps editors from saving for a moment.
PAGES = RateLimit(300, 10 * 60)
ENDED = (
    _("This preview has ended"),
    _("The link expired or was withdrawn, or its address is incomplete. Ask the person who sent it for a new one."),
)
TOO_MANY = (_("Too many previews"), _("Wait ten minutes, then open the link again."))


@require_safe
def preview(request: HttpRequest) -> HttpResponse:
    """Show the revision of the link in the parameter `link`."""
    if not PAGES.take(client_network(request.META)):
        return previews.refused(request, 429, TOO_MANY)
    link = PreviewLink.objects.of_token(request.GET.get("link", ""))
    if link is None:
        return previews.refused(request, 410, ENDED)
    return previews.render(request, previews.Preview.of_revision(link.revision, request.GET, link))
