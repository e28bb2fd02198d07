"""In-memory LRU cache of pages, bounded by bytes."""

from collections import OrderedDict
from threading import Lock

from pagecache.key import CacheKey
from pagecache.response import CachedPage


class LRUCache:
    """Pages by cache key, up to `limit` bytes in total. The least recently used page is evicted first."""

    def __init__(self, limit: int):
        self.limit, self.size = limit, 0
        self.pages: OrderedDict[CacheKey, CachedPage] = OrderedDict()
        self.lock = Lock()

    def get(self, key: CacheKey) -> CachedPage | None:
        with self.lock:
            page = self.pages.get(key)
            if page is not None:
                self.pages.move_to_end(key)
            return page

    def put(self, key: CacheKey, page: CachedPage):
        """Add `page`, unless it is larger than an eighth of the limit."""
        with self.lock:
            self._remove(key)
            if page.size > self.limit // 8:
                return
            self.pages[key] = page
            self.size += page.size
            while self.size > self.limit:
                _key, oldest = self.pages.popitem(last=False)
                self.size -= oldest.size

    def discard(self, key: CacheKey):
        with self.lock:
            self._remove(key)

    def _remove(self, key: CacheKey):
        if page := self.pages.pop(key, None):
            self.size -= page.size
