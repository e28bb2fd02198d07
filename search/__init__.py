"""Search of the site."""
