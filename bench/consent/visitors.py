"""Concurrent visitors who send decisions to a running server."""

import http.client
import re
import threading
import time
from collections.abc import Iterator
from uuid import uuid4

HEADERS = {
    "Content-Type": "application/x-www-form-urlencoded",
    "Sec-Fetch-Site": "same-origin",
    "Accept": "application/json",
}


class Visitors:
    """`number` decisions by `concurrency` visitors at a time. One in eight is sent twice at the same time."""

    def __init__(self, port: int, number: int, concurrency: int):
        self.port, self.concurrency = port, concurrency
        self.keys: Iterator[str] = iter([str(uuid4()) for _ in range(number)])
        self.lock = threading.Lock()
        # Receipts in the responses, by idempotency key.
        self.receipts: dict[str, list[str]] = {}
        self.refused = 0

    def run(self) -> float:
        """Send all decisions, and return the time in seconds."""
        started = time.perf_counter()
        threads = [threading.Thread(target=self.visit) for _ in range(self.concurrency)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return time.perf_counter() - started

    def visit(self):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        while True:
            with self.lock:
                key = next(self.keys, None)
            if key is None:
                return
            if key[0] in "01":
                duplicate = threading.Thread(
                    target=self.post, args=(http.client.HTTPConnection("127.0.0.1", self.port, timeout=60), key)
                )
                duplicate.start()
                self.post(connection, key)
                duplicate.join()
            else:
                self.post(connection, key)

    def post(self, connection: http.client.HTTPConnection, key: str):
        connection.request(
            "POST", "/en/cookies/decide/", f"action=accept&notice=1&next=/en/&idempotency_key={key}", HEADERS
        )
        response = connection.getresponse()
        response.read()
        with self.lock:
            if response.status == 200:
                cookies = "\n".join(response.headers.get_all("Set-Cookie", []))
                receipt = re.search(r"cookie_consent_receipt=([^;]+)", cookies)
                self.receipts.setdefault(key, []).append(receipt[1] if receipt else "")
            else:
                self.refused += 1
