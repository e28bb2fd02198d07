"""Bounded pool of long-lived threads in which Django runs."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from http import HTTPStatus
from typing import Any, TypeVar

from server.body import RefusedError

Result = TypeVar("Result")

# Each thread has a database connection. More threads are not faster, because Python runs one at a time.
THREADS = 12
# Maximum number of waiting requests, and the seconds after which a waiting request is refused.
MAX_WAITING = 512
WAIT_TIMEOUT = 10


class Pool:
    """Runs functions in threads. If no thread is free, calls wait. They are refused after a timeout."""

    def __init__(self, threads: int = THREADS, max_waiting: int = MAX_WAITING, timeout: float = WAIT_TIMEOUT):
        self.executor = ThreadPoolExecutor(threads, thread_name_prefix="request")
        self.free_threads, self.waiting = asyncio.Semaphore(threads), 0
        self.max_waiting, self.timeout = max_waiting, timeout

    async def run(self, function: Callable[..., Result], *arguments: Any) -> Result:
        """Call `function` in a thread, and return its result. Raises RefusedError if no thread is free in time."""
        await self._wait()
        loop = asyncio.get_running_loop()
        future = loop.run_in_executor(self.executor, function, *arguments)
        # The thread is free when the function ends, even if the caller was cancelled before.
        future.add_done_callback(lambda _future: self.free_threads.release())
        return await asyncio.shield(future)

    async def _wait(self):
        if self.free_threads.locked() and self.waiting >= self.max_waiting:
            raise RefusedError(HTTPStatus.SERVICE_UNAVAILABLE)
        self.waiting += 1
        try:
            await asyncio.wait_for(self.free_threads.acquire(), self.timeout)
        except TimeoutError:
            raise RefusedError(HTTPStatus.SERVICE_UNAVAILABLE) from None
        finally:
            self.waiting -= 1
