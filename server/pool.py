"""The bounded pool of long-lived threads in which Django runs."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from http import HTTPStatus

from server.body import RefusedError

# Each thread keeps a database connection. More threads answer no faster: Python runs one at a time.
THREADS = 12
# Requests that may wait for a thread, and the seconds after which they are refused.
MOST_WAITING = 512
SECONDS_TO_WAIT = 10


class Pool:
    """Runs functions in threads; what it cannot take waits, and is refused after a time."""

    def __init__(self, threads: int = THREADS, most_waiting: int = MOST_WAITING, seconds: float = SECONDS_TO_WAIT):
        self.executor = ThreadPoolExecutor(threads, thread_name_prefix="request")
        self.free, self.waiting = asyncio.Semaphore(threads), 0
        self.most_waiting, self.seconds = most_waiting, seconds

    async def run(self, function: Callable, *arguments):
        """The result of `function` in a thread. Raises RefusedError where no thread is free in time."""
        await self._wait()
        loop = asyncio.get_running_loop()
        future = loop.run_in_executor(self.executor, function, *arguments)
        # The thread is free when the function ends, whether or not somebody still waits for it.
        future.add_done_callback(lambda _future: self.free.release())
        return await asyncio.shield(future)

    async def _wait(self):
        if self.free.locked() and self.waiting >= self.most_waiting:
            raise RefusedError(HTTPStatus.SERVICE_UNAVAILABLE)
        self.waiting += 1
        try:
            await asyncio.wait_for(self.free.acquire(), self.seconds)
        except TimeoutError:
            raise RefusedError(HTTPStatus.SERVICE_UNAVAILABLE) from None
        finally:
            self.waiting -= 1
