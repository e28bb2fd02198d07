"""TCP proxy that simulates a slow line: it adds latency and limits the bandwidth.

The throttling of Chromium delays only complete responses, but neither handshakes nor early hints.
"""

import asyncio
import threading
import time

# Slow 4G of Lighthouse: seconds, and bytes per second.
ROUND_TRIP = 0.15
BANDWIDTH = 1_600_000 / 8
PACKET = 1460
# Seconds of data in the queue of the line. The queue is short, so that later data with a higher priority can overtake.
QUEUE_SECONDS = 0.05


class Line:
    """A line from its own port to another port. `carried` counts the bytes to the browser."""

    def __init__(self, port: int):
        self.server_port, self.port, self.carried = port, 0, 0
        self.free_at = {"up": 0.0, "down": 0.0}
        self.loop, self.is_open = asyncio.new_event_loop(), threading.Event()

    def __enter__(self) -> "Line":
        threading.Thread(target=self.run, name="line", daemon=True).start()
        self.is_open.wait()
        return self

    def __exit__(self, *_fault):
        self.loop.call_soon_threadsafe(self.loop.stop)

    def run(self):
        server = self.loop.run_until_complete(asyncio.start_server(self.connect, "127.0.0.1", 0))
        self.port = server.sockets[0].getsockname()[1]
        self.is_open.set()
        self.loop.run_forever()

    async def connect(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter):
        # The TCP handshake.
        await asyncio.sleep(ROUND_TRIP)
        server_reader, server_writer = await asyncio.open_connection("127.0.0.1", self.server_port, limit=PACKET)
        await asyncio.gather(self.carry(reader, server_writer, "up"), self.carry(server_reader, writer, "down"))

    async def carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, direction: str):
        def arrive(packet: bytes):
            if packet and not writer.is_closing():
                writer.write(packet)
            else:
                writer.close()

        packet = b"-"
        while packet:
            await asyncio.sleep(max(0, self.free_at[direction] - time.monotonic() - QUEUE_SECONDS))
            try:
                packet = await reader.read(PACKET)
            except ConnectionError:
                packet = b""
            if direction == "down":
                self.carried += len(packet)
            starts_at = max(time.monotonic(), self.free_at[direction])
            self.free_at[direction] = starts_at + len(packet) / BANDWIDTH
            self.loop.call_later(self.free_at[direction] - time.monotonic() + ROUND_TRIP / 2, arrive, packet)
