"""The universities in the sitemap."""

from pages.sitemaps import ContentSitemap
from partners.models import PartnerUniversity


class PartnerSitemap(ContentSitemap):
    model, section_kind = PartnerUniversity, "partners"
