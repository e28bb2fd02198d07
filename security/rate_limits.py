"""Rate limits by client, counted in the memory of one process and never stored."""

import secrets
import threading
import time
from hashlib import blake2b

# Maximum clients of one limit, about 10 MB. The oldest client is dropped first.
MAX_CLIENTS = 50_000


class RateLimit:
    """At most `limit` actions of a client in a window of `seconds`, at most 3600.

    A client is identified by a hash with a random key. Key and counts are discarded together at the end of the window,
    so that no address can be recovered from memory.
    """

    def __init__(self, limit: int, seconds: int):
        self.limit, self.seconds = limit, seconds
        self.lock = threading.Lock()
        self.clear()

    def clear(self) -> None:
        """Start a new window with a new key."""
        self.key = secrets.token_bytes(32)
        self.counts: dict[bytes, int] = {}
        self.ends_at = time.monotonic() + self.seconds

    def take(self, *client: str) -> bool:
        """Count an action and return True, or return False if the limit is reached."""
        with self.lock:
            name, count = self._find(client)
            if count >= self.limit:
                return False
            if name not in self.counts and len(self.counts) >= MAX_CLIENTS:
                del self.counts[next(iter(self.counts))]
            self.counts[name] = count + 1
            return True

    def give_back(self, *client: str) -> None:
        """Undo the count of one action."""
        with self.lock:
            name, count = self._find(client)
            if count > 1:
                self.counts[name] = count - 1
            else:
                self.counts.pop(name, None)

    def count(self, *client: str) -> int:
        """Return the number of counted actions."""
        with self.lock:
            return self._find(client)[1]

    def forget(self, *client: str) -> None:
        """Undo the count of all actions of a client."""
        with self.lock:
            self.counts.pop(self._find(client)[0], None)

    @property
    def seconds_left(self) -> int:
        """Seconds until the end of the window, for the header Retry-After."""
        return max(1, round(self.ends_at - time.monotonic()))

    def _find(self, client: tuple[str, ...]) -> tuple[bytes, int]:
        if time.monotonic() >= self.ends_at:
            self.clear()
        name = blake2b("\0".join(client).encode("utf-8", "surrogatepass"), key=self.key, digest_size=16).digest()
        return name, self.counts.get(name, 0)
