"""Page cache in front of Django: public pages are rendered once and served until their content changes.

`key` says what a page depends on, `response` holds a page in each encoding, `lru` keeps pages in memory, `disk` keeps
them for the next start, `cache` decides what is served, and `watcher` learns of changes of content.
"""
