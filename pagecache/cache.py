"""The page cache: serves public pages from memory, and has Django render what is missing or outdated."""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from pagecache.build import build
from pagecache.disk import Disk
from pagecache.key import CacheKey, cache_key
from pagecache.lru import LRUCache
from pagecache.response import ALWAYS, UNKNOWN, CachedPage, Response
from pagecache.watcher import Watcher

log = logging.getLogger(__name__)

# Runs a function with arguments in a thread, and returns its result.
Run = Callable[..., Awaitable]

VARY = "Accept-Encoding, Cookie, Sec-GPC, DNT"
# Seconds that a request waits for an outdated page to be rendered anew before it gets the outdated one.
PATIENCE = 1.0
# Seconds after a failed rendering in which an outdated page is served without another attempt.
SECONDS_BETWEEN_ATTEMPTS = 5
# One in so many bytes of the memory is for keys that anyone can make up: queries, odd hosts and ports.
SHARE_OF_THE_UNFORESEEN = 8
MOST_FORMER_PATHS = 10_000


class PageCache:
    """Answers from memory where it can, and asks `render`, once for all who wait, where it cannot.

    `render` answers a WSGI environment with a Response; it is called in a thread. `rule_type` tells the consent variant
    of a request (consent.variants.VaryRule). The project passes it. `folder` keeps the pages for the next start, up to
    `limit` bytes, as many as are kept in memory. Futures and `renderings` belong to one event loop.
    """

    def __init__(self, render: Callable[[dict], Response], rule_type, folder: Path, limit: int):
        self.render, self.rule_type = render, rule_type
        self.pages = LRUCache(limit - limit // SHARE_OF_THE_UNFORESEEN)
        self.unforeseen = LRUCache(limit // SHARE_OF_THE_UNFORESEEN)
        self.disk, self.build = Disk(folder, limit), build()
        # The consent rule in force; None until the database was read for the first time ever.
        self.rule = None
        # The content version whose pages are current; None while the database cannot be reached.
        self.content_version: str | None = None
        self.last_content_version: str | None = None
        self.is_database_away = False
        self.server_port = ""
        self.renderings: dict[CacheKey, asyncio.Task] = {}
        # Addresses of pages that are not there any more.
        self.former_paths: set[str] = set()
        # Visitors of a page that exists do not wait for visitors of pages that were never rendered.
        self.renewers = ThreadPoolExecutor(2, thread_name_prefix="page-cache")
        # The disk may be slow.
        self.disk_threads = ThreadPoolExecutor(1, thread_name_prefix="page-cache-disk")
        self._read_disk()

    def start(self) -> "PageCache":
        """Start to watch for changes of content."""
        Watcher(self).start()
        return self

    def _read_disk(self):
        try:
            state = self.disk.read_state()
            self.rule, self.server_port = self.rule_type.from_json(state["rule"]), state["server_port"]
        except (FileNotFoundError, ValueError, KeyError, TypeError):
            # Without the rule, nobody knows which visitor gets which page.
            return
        for key, page in self.disk.read():
            self._take(key, page)

    def _take(self, key: CacheKey, page: CachedPage) -> CachedPage:
        """Keep a page that was read from the disk."""
        if page.build != self.build:
            page.content_version = UNKNOWN
        self._lru(key).put(key, page)
        return page

    # Requests; in the event loop

    def key(self, environ: dict) -> CacheKey | None:
        """The key of a request, or None where Django itself has to answer."""
        return cache_key(environ, self.rule) if self.rule else None

    def get(self, key: CacheKey) -> CachedPage | None:
        """The page in memory, current or not."""
        return self.pages.get(key) or self.unforeseen.get(key)

    def is_current(self, page: CachedPage) -> bool:
        return page.content_version == self.content_version or page.content_version == ALWAYS

    def current_response(self, key: CacheKey, environ: dict) -> Response | None:
        """The response with a page that is in memory and current, or None where there is none."""
        page = self.get(key)
        return self._page_response(page, key, environ) if page and self.is_current(page) else None

    def _page_response(self, page: CachedPage, key: CacheKey, environ: dict) -> Response:
        """The response with a current page."""
        return self._for_shared_caches(page.response(environ), key, environ)

    def _for_shared_caches(self, response: Response, key: CacheKey, environ: dict) -> Response:
        """`response`, marked so that a cache in front may keep it for the rest of this second.

        Not where a third party may load. Not under a query or with a choice cookie that this site does not write:
        anyone can make up thousands.
        """
        is_made_up = environ["QUERY_STRING"] or not self.rule.has_known_cookie(environ)
        if is_made_up or self.rule.allows_third_parties(key.variant):
            return response
        # First, as nginx heeds the first of several headers that say how long.
        return response._replace(headers=[("X-Accel-Expires", f"@{int(time.time())}"), *response.headers])

    async def respond(self, key: CacheKey, environ: dict, run: Run) -> Response | None:
        """The response to a request whose page is not current in memory; None where Django has to answer it.

        `run` runs a function in the threads that answer requests.
        """
        if not self.server_port:
            self.server_port = environ["SERVER_PORT"]
        page = self.get(key) or await self._run(self.disk_threads, self._find_on_disk, key)
        if page is None:
            return self._response(await asyncio.shield(self._rendering(key, run)), key, environ)
        if self.is_current(page):
            return self._page_response(page, key, environ)
        if self.is_database_away or time.monotonic() < page.retry_at:
            return page.stale_response(environ)
        is_first = key not in self.renderings
        rendering = self._rendering(key, lambda *call: self._run(self.renewers, *call))
        rendered = None
        if is_first or page.build != self.build:
            try:
                rendered = await asyncio.wait_for(asyncio.shield(rendering), PATIENCE)
            except TimeoutError:
                log.warning("%s took longer than %s s; the outdated page was served", key.path, PATIENCE)
        if rendered is None or (isinstance(rendered, Response) and rendered.status >= 500):
            return page.stale_response(environ)
        return self._response(rendered, key, environ)

    def _response(self, rendered: CachedPage | Response | None, key: CacheKey, environ: dict) -> Response | None:
        """The response to one of those who waited for the rendering."""
        if isinstance(rendered, CachedPage):
            return self._page_response(rendered, key, environ)
        if rendered is None or rendered.header("set-cookie") or environ["QUERY_STRING"] != key.query:
            return None
        if rendered.replaces_page and key.path in self.former_paths:
            # It takes the place of the page that a cache in front still has.
            return self._for_shared_caches(rendered, key, environ)
        return rendered

    @staticmethod
    async def _run(executor: ThreadPoolExecutor, function: Callable, *arguments):
        return await asyncio.get_running_loop().run_in_executor(executor, function, *arguments)

    def _rendering(self, key: CacheKey, run: Run) -> asyncio.Task:
        """The rendering of a page that is under way, or a new one."""
        if key not in self.renderings:
            self.renderings[key] = task = asyncio.ensure_future(run(self._render, key))
            task.add_done_callback(lambda task: self._end_rendering(key, task))
        return self.renderings[key]

    def _end_rendering(self, key: CacheKey, task: asyncio.Task):
        del self.renderings[key]
        if not task.cancelled():
            # Retrieved here too, as everyone who waited for it may have gone.
            task.exception()

    # Rendering; in a thread

    def _find_on_disk(self, key: CacheKey) -> CachedPage | None:
        """The page as another process of this site left it."""
        page = self.disk.find(key)
        return page and self._take(key, page)

    def _render(self, key: CacheKey) -> CachedPage | Response | None:
        """Have Django render the page, and keep it. None where the key is of a notice that is not in force any more."""
        # Read before the content, so that a page is never older than its version.
        content_version = UNKNOWN if self.content_version is None else self.content_version
        if key.is_static:
            content_version = ALWAYS
        headers = {} if key.is_static else self.rule.request_headers(key.variant)
        if headers is None:
            self._discard(key)
            return None
        response = self.render(key.environ(headers))
        if response.is_cacheable:
            vary = "Accept-Encoding" if key.is_static else VARY
            page = CachedPage.of(response, vary, content_version, self.build)
            self._lru(key).put(key, page)
            if not key.is_static and key.is_foreseeable(self.server_port):
                # Pages that anyone can make up would push the others off the disk.
                self.disk_threads.submit(self._write, key, page)
            return page
        if response.status < 500:
            self._discard(key)
        elif page := self.get(key):
            page.retry_at = time.monotonic() + SECONDS_BETWEEN_ATTEMPTS
        return response

    def _lru(self, key: CacheKey) -> LRUCache:
        return self.pages if key.is_foreseeable(self.server_port) else self.unforeseen

    def _discard(self, key: CacheKey):
        if self.get(key):
            if len(self.former_paths) >= MOST_FORMER_PATHS:
                self.former_paths.clear()
            self.former_paths.add(key.path)
            self._lru(key).discard(key)
            self.disk_threads.submit(self.disk.discard, key)

    def _write(self, key: CacheKey, page: CachedPage):
        try:
            self.disk.write(key, page)
        except OSError as error:
            # The page is in memory; only the next process lacks it.
            log.warning("A page could not be written to %s: %s", self.disk.folder, error)

    # Changes of content; in the watcher's thread

    def set_content_version(self, content_version: str):
        """Learn that the database holds `content_version`."""
        if content_version != self.last_content_version:
            self.rule = self.rule_type.in_force()
            self.last_content_version = content_version
            state = {"rule": self.rule.as_json(), "server_port": self.server_port}
            self.disk_threads.submit(self._write_state, state)
        if self.is_database_away:
            log.warning("The database is back")
        self.content_version, self.is_database_away = content_version, False

    def database_is_away(self, error: Exception):
        """Learn that the database cannot be reached: pages are served as they are until it can."""
        if not self.is_database_away:
            log.warning("The database cannot be reached; pages are served as they were last: %s", error)
        self.content_version, self.is_database_away = None, True

    def _write_state(self, state: dict):
        try:
            self.disk.write_state(state)
        except OSError as error:
            log.warning("The state of the page cache could not be written to %s: %s", self.disk.folder, error)
