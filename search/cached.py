"""The items that visitors may find, cached until the content changes."""

from pagecache.per_version import cached_per_version
from search.sources import public_sources


@cached_per_version
def shown_keys(label: str) -> frozenset[int]:
    """Return the primary keys of the items of a model that visitors see."""
    sources = (source for source in public_sources() if source.label == label)
    return frozenset(key for source in sources for key in source.visible().order_by().values_list("pk", flat=True))
