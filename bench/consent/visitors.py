"""Visitors who decide at the same time, against a running server."""

import http.client
import threading
import time
from collections.abc import Iterator
from uuid import uuid4

HEADERS = {
    "Content-Type": "application/x-www-form-urlencoded",
    "Sec-Fetch-Site": "same-origin",
    "Accept": "application/json",
}


class Crowd:
    """`number` decisions by `side_by_side` visitors at a time; each eighth or so is posted twice at once."""

    def __init__(self, port: int, number: int, side_by_side: int):
        self.port, self.side_by_side = port, side_by_side
        self.posts: Iterator[str] = iter([str(uuid4()) for _ in range(number)])
        self.lock = threading.Lock()
        # The name of each post → the receipts that it was answered with.
        self.receipts: dict[str, list[bytes]] = {}
        self.refused = 0

    def run(self) -> float:
        """Seconds that it took."""
        started = time.perf_counter()
        threads = [threading.Thread(target=self.visit) for _ in range(self.side_by_side)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return time.perf_counter() - started

    def visit(self):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        while True:
            with self.lock:
                attempt = next(self.posts, None)
            if attempt is None:
                return
            if attempt[0] in "01":
                twin = threading.Thread(
                    target=self.post, args=(http.client.HTTPConnection("127.0.0.1", self.port, timeout=60), attempt)
                )
                twin.start()
                self.post(connection, attempt)
                twin.join()
            else:
                self.post(connection, attempt)

    def post(self, connection: http.client.HTTPConnection, attempt: str):
        connection.request("POST", "/en/cookies/decide/", f"action=accept&next=/en/&idempotency_key={attempt}", HEADERS)
        answer = connection.getresponse()
        body = answer.read()
        with self.lock:
            if answer.status == 200:
                self.receipts.setdefault(attempt, []).append(body)
            else:
                self.refused += 1
