"""The opportunities in the sitemap."""

from opportunities.models import Opportunity
from pages.sitemaps import ContentSitemap


class OpportunitySitemap(ContentSitemap):
    model, section_kind = Opportunity, "opportunities"
