"""Rate limits by client, counted in the memory of one process: nothing is written to a disk or a database."""

import secrets
import threading
import time
from hashlib import blake2b

# Clients that one limit counts at a time; beyond, the one that came first is forgotten. About 10 MB.
MAX_CLIENTS = 50_000


class RateLimit:
    """At most `limit` actions of a client within `seconds`, an hour at most.

    A client is known by a hash under a random key. Key and counts are replaced together when the time is over, so no
    address can be found again in the memory of a process, and none is known for longer than an hour.
    """

    def __init__(self, limit: int, seconds: int):
        self.limit, self.seconds = limit, seconds
        self.lock = threading.Lock()
        self.clear()

    def clear(self):
        """Forget all counts, and the key under which they were kept."""
        self.key, self.counts = secrets.token_bytes(32), {}
        self.ends_at = time.monotonic() + self.seconds

    def take(self, *client: str) -> bool:
        """Count an action, unless the limit is reached; whether it was counted."""
        with self.lock:
            name, count = self._find(client)
            if count >= self.limit:
                return False
            if name not in self.counts and len(self.counts) >= MAX_CLIENTS:
                del self.counts[next(iter(self.counts))]
            self.counts[name] = count + 1
            return True

    def give_back(self, *client: str):
        """Take one counted action back."""
        with self.lock:
            name, count = self._find(client)
            if count > 1:
                self.counts[name] = count - 1
            else:
                self.counts.pop(name, None)

    def count(self, *client: str) -> int:
        """The number of counted actions."""
        with self.lock:
            return self._find(client)[1]

    def forget(self, *client: str):
        """Take all counted actions of a client back."""
        with self.lock:
            self.counts.pop(self._find(client)[0], None)

    @property
    def seconds_left(self) -> int:
        """Seconds until everyone may act again, for Retry-After."""
        return max(1, round(self.ends_at - time.monotonic()))

    def _find(self, client: tuple[str, ...]) -> tuple[bytes, int]:
        if time.monotonic() >= self.ends_at:
            self.clear()
        name = blake2b("\0".join(client).encode("utf-8", "surrogatepass"), key=self.key, digest_size=16).digest()
        return name, self.counts.get(name, 0)
