"""Page cache in front of Django: public pages are rendered once and served until content changes.

`key` defines the cache key, `response` a page in each encoding, `lru` the cache in memory, `disk` the copy for the next
start. `cache` decides which response is served, and `watcher` looks for changes of content.
"""
