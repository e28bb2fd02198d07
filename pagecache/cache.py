"""The page cache: serves public pages from memory, and has Django render missing and outdated pages."""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from pagecache.build import build_id
from pagecache.disk import DiskCache
from pagecache.key import CacheKey, VaryRule, cache_key
from pagecache.lru import LRUCache
from pagecache.response import ANY_VERSION, UNKNOWN_VERSION, CachedPage, Response
from pagecache.watcher import Watcher

log = logging.getLogger(__name__)

# Runs a function with arguments in a thread, and returns its result.
Run = Callable[..., Awaitable]

VARY = "Accept-Encoding, Cookie, Sec-GPC, DNT"
# Seconds that a request waits until an outdated page is rendered again. After that it gets the outdated page.
RENDER_TIMEOUT = 1.0
# Seconds after a failed rendering during which the outdated page is served without another attempt.
RETRY_DELAY = 5
# Keys that are not canonical get 1/OTHER_PAGES_SHARE of the memory, because clients can invent any number of them.
OTHER_PAGES_SHARE = 8
MAX_REMOVED_PATHS = 10_000
MAX_PERSONAL_KEYS = 10_000


class PageCache:
    """Answers requests from memory if possible, else with `render`, once for all requests that wait for a page.

    `render` returns the response to a WSGI environment. It is called in a thread. `rule_type` is the class of the rule
    that maps requests to consent variants. The cache holds up to `limit` bytes in memory, and as many in `folder` for
    the next start. Tasks and `renderings` belong to one event loop.
    """

    def __init__(self, render: Callable[[dict], Response], rule_type: type[VaryRule], folder: Path, limit: int):
        self.render, self.rule_type = render, rule_type
        self.pages = LRUCache(limit - limit // OTHER_PAGES_SHARE)
        self.other_pages = LRUCache(limit // OTHER_PAGES_SHARE)
        self.disk, self.build = DiskCache(folder, limit), build_id()
        # The rule in force. None until this installation has read the database for the first time.
        self.rule: VaryRule | None = None
        # The content version whose pages are current. None while the database cannot be reached.
        self.content_version: str | None = None
        self.last_content_version: str | None = None
        self.is_database_unavailable = False
        self.server_port = ""
        self.renderings: dict[CacheKey, asyncio.Task] = {}
        # Paths of pages that were removed. Proxies may still have them.
        self.removed_paths: set[str] = set()
        # Keys whose response is personal → the content version in which it was. Django answers each of their requests.
        self.personal_keys: dict[CacheKey, str] = {}
        # Outdated pages have threads of their own, so that they do not wait behind pages that were never rendered.
        self.rerender_threads = ThreadPoolExecutor(2, thread_name_prefix="page-cache")
        # A separate thread, because the disk may be slow.
        self.disk_threads = ThreadPoolExecutor(1, thread_name_prefix="page-cache-disk")
        self._read_disk()

    def start(self) -> "PageCache":
        """Start the thread that looks for changes of content."""
        Watcher(self).start()
        return self

    def _read_disk(self):
        try:
            state = self.disk.read_state()
            self.rule, self.server_port = self.rule_type.from_json(state["rule"]), state["server_port"]
        except (FileNotFoundError, ValueError, KeyError, TypeError):
            # Without the rule, no request can be mapped to a consent variant.
            return
        for key, page in self.disk.read():
            self._add_from_disk(key, page)

    def _add_from_disk(self, key: CacheKey, page: CachedPage) -> CachedPage:
        if page.build != self.build:
            page.content_version = UNKNOWN_VERSION
        self._lru(key).put(key, page)
        return page

    # Requests, in the event loop

    def key(self, environ: dict[str, Any]) -> CacheKey | None:
        """Return the cache key of a request, or None if Django must answer it."""
        return cache_key(environ, self.rule) if self.rule else None

    def get(self, key: CacheKey) -> CachedPage | None:
        """Return the page in memory, current or not."""
        return self.pages.get(key) or self.other_pages.get(key)

    def is_current(self, page: CachedPage) -> bool:
        return page.content_version in (self.content_version, ANY_VERSION) and time.time() < page.expires_at

    def current_response(self, key: CacheKey, environ: dict[str, Any]) -> Response | None:
        """Return the response with the page in memory, or None if it is missing or outdated."""
        page = self.get(key)
        return self._page_response(page, environ) if page and self.is_current(page) else None

    def _page_response(self, page: CachedPage, environ: dict[str, Any]) -> Response:
        return self._for_shared_caches(page.response(environ), environ)

    def _for_shared_caches(self, response: Response, environ: dict[str, Any]) -> Response:
        """Add the header that allows nginx to cache the response until the end of this second.

        Requests with a query, or with a consent cookie that the site did not write, get no such header, because clients
        can invent any number of them.
        """
        rule = self.rule
        if rule is None or environ["QUERY_STRING"] or not rule.has_known_cookie(environ):
            return response
        # First, because nginx obeys the first header that sets a lifetime.
        return response._replace(headers=[("X-Accel-Expires", f"@{int(time.time())}"), *response.headers])

    async def respond(self, key: CacheKey, environ: dict[str, Any], run: Run) -> Response | None:
        """Return the response to a request whose page is not current in memory, or None if Django must answer it.

        `run` calls a function in the thread pool for requests.
        """
        if not self.server_port:
            self.server_port = environ["SERVER_PORT"]
        page = self.get(key)
        if page is None and self.personal_keys.get(key, UNKNOWN_VERSION) == self.content_version:
            return None
        page = page or await self._run(self.disk_threads, self._find_on_disk, key)
        if page is None and self.is_database_unavailable and (response := await self.fallback(key, environ)):
            return response
        if page is None:
            return self._response(await asyncio.shield(self._rendering(key, run)), key, environ)
        if self.is_current(page):
            return self._page_response(page, environ)
        if self.is_database_unavailable or time.monotonic() < page.retry_at:
            return page.stale_response(environ)
        is_first = key not in self.renderings
        rendering = self._rendering(key, lambda *call: self._run(self.rerender_threads, *call))
        rendered = None
        if is_first or page.build != self.build:
            try:
                rendered = await asyncio.wait_for(asyncio.shield(rendering), RENDER_TIMEOUT)
            except TimeoutError:
                log.warning("%s took longer than %s s; the outdated page was served", key.path, RENDER_TIMEOUT)
        if rendered is None or (isinstance(rendered, Response) and rendered.status >= 500):
            return page.stale_response(environ)
        return self._response(rendered, key, environ)

    async def fallback(self, key: CacheKey, environ: dict[str, Any]) -> Response | None:
        """Return the response for a page that cannot be rendered: the page of a fallback variant, outdated or not."""
        if self.rule is None or key.is_static:
            return None
        for variant in self.rule.fallbacks(key.variant):
            other = key._replace(variant=variant)
            if page := self.get(other) or await self._run(self.disk_threads, self._find_on_disk, other):
                return page.stale_response(environ)
        return None

    def _response(
        self, rendered: CachedPage | Response | None, key: CacheKey, environ: dict[str, Any]
    ) -> Response | None:
        """Return the response to one of the requests that waited for the rendering."""
        if isinstance(rendered, CachedPage):
            return self._page_response(rendered, environ)
        if rendered is None or rendered.header("set-cookie") or rendered.is_personal:
            return None
        if environ["QUERY_STRING"] != key.query:
            return None
        if rendered.replaces_page and key.path in self.removed_paths:
            # nginx may still have the removed page. Its cache must replace it by this response.
            return self._for_shared_caches(rendered, environ)
        return rendered

    @staticmethod
    async def _run(executor: ThreadPoolExecutor, function: Callable, *arguments):
        return await asyncio.get_running_loop().run_in_executor(executor, function, *arguments)

    def _rendering(self, key: CacheKey, run: Run) -> asyncio.Task:
        """Return the task that renders the page. Start it if there is none."""
        if key not in self.renderings:
            self.renderings[key] = task = asyncio.ensure_future(run(self._render, key))
            task.add_done_callback(lambda task: self._end_rendering(key, task))
        return self.renderings[key]

    def _end_rendering(self, key: CacheKey, task: asyncio.Task):
        del self.renderings[key]
        if not task.cancelled():
            # Otherwise asyncio logs an exception that no waiting request retrieved.
            task.exception()

    # Rendering, in a thread

    def _find_on_disk(self, key: CacheKey) -> CachedPage | None:
        """Return the page that another process of this site wrote."""
        page = self.disk.find(key)
        return page and self._add_from_disk(key, page)

    def _render(self, key: CacheKey) -> CachedPage | Response | None:
        """Render the page and cache it. Return None if its consent variant belongs to an earlier notice."""
        # Read before the content, so that a page is never older than its version.
        content_version = UNKNOWN_VERSION if self.content_version is None else self.content_version
        headers: dict[str, str] | None = None
        if key.is_static:
            content_version, headers = ANY_VERSION, {}
        elif self.rule:
            headers = self.rule.request_headers(key.variant)
        if headers is None:
            self._discard(key)
            return None
        response = self.render(key.environ(headers))
        if response.is_cacheable:
            vary = "Accept-Encoding" if key.is_static else VARY
            page = CachedPage.of(response, vary, content_version, self.build)
            self._lru(key).put(key, page)
            if not key.is_static and key.is_canonical(self.server_port):
                # Only canonical keys, because invented keys would evict all other pages from the disk.
                self.disk_threads.submit(self._write, key, page)
            return page
        if response.status < 500:
            self._discard(key)
            if response.is_personal:
                self._remember_personal(key, content_version)
        elif outdated := self.get(key):
            outdated.retry_at = time.monotonic() + RETRY_DELAY
        return response

    def _lru(self, key: CacheKey) -> LRUCache:
        return self.pages if key.is_canonical(self.server_port) else self.other_pages

    def _discard(self, key: CacheKey):
        if self.get(key):
            if len(self.removed_paths) >= MAX_REMOVED_PATHS:
                self.removed_paths.clear()
            self.removed_paths.add(key.path)
            self._lru(key).discard(key)
            self.disk_threads.submit(self.disk.discard, key)

    def _remember_personal(self, key: CacheKey, content_version: str):
        if len(self.personal_keys) >= MAX_PERSONAL_KEYS:
            self.personal_keys.clear()
        self.personal_keys[key] = content_version

    def _write(self, key: CacheKey, page: CachedPage):
        try:
            self.disk.write(key, page)
        except OSError as error:
            # The page is still in memory.
            log.warning("A page could not be written to %s: %s", self.disk.folder, error)

    # Changes of content, in the thread of the watcher

    def set_content_version(self, content_version: str):
        """Set the version that the database has. Pages of other versions are outdated."""
        if content_version != self.last_content_version:
            self.rule = rule = self.rule_type.in_force()
            self.last_content_version = content_version
            state = {"rule": rule.as_json(), "server_port": self.server_port}
            self.disk_threads.submit(self._write_state, state)
        if self.is_database_unavailable:
            log.warning("The database can be reached again")
        self.content_version, self.is_database_unavailable = content_version, False

    def set_database_unavailable(self, error: Exception):
        """Serve cached pages without rendering until the next call of `set_content_version`."""
        if not self.is_database_unavailable:
            log.warning("The database cannot be reached; cached pages are served: %s", error)
        self.content_version, self.is_database_unavailable = None, True

    def _write_state(self, state: dict):
        try:
            self.disk.write_state(state)
        except OSError as error:
            log.warning("The state of the page cache could not be written to %s: %s", self.disk.folder, error)
