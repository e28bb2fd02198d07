"""A slow line before a server on this machine: each byte comes late, and no more of them a second than it carries.

Chromium can slow itself down, but it then keeps back whole answers alone: neither a handshake nor an early hint.
"""

import asyncio
import threading
import time

# As Lighthouse's slow 4G.
ROUND_TRIP = 0.15
BYTES_A_SECOND = 1_600_000 / 8
PACKET = 1460
# So much may wait in the line before its sender has to: what comes later can then still be sent first.
SECONDS_IN_LINE = 0.05


class Line:
    """Leads from a port of its own to another. `carried` counts the bytes sent to browsers."""

    def __init__(self, port: int):
        self.to, self.port, self.carried = port, 0, 0
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
        # The greetings of TCP.
        await asyncio.sleep(ROUND_TRIP)
        behind_reader, behind_writer = await asyncio.open_connection("127.0.0.1", self.to, limit=PACKET)
        await asyncio.gather(self.carry(reader, behind_writer, "up"), self.carry(behind_reader, writer, "down"))

    async def carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, way: str):
        def arrive(packet: bytes):
            if packet and not writer.is_closing():
                writer.write(packet)
            else:
                writer.close()

        packet = b"-"
        while packet:
            await asyncio.sleep(max(0, self.free_at[way] - time.monotonic() - SECONDS_IN_LINE))
            try:
                packet = await reader.read(PACKET)
            except ConnectionError:
                packet = b""
            if way == "down":
                self.carried += len(packet)
            begins = max(time.monotonic(), self.free_at[way])
            self.free_at[way] = begins + len(packet) / BYTES_A_SECOND
            self.loop.call_later(self.free_at[way] - time.monotonic() + ROUND_TRIP / 2, arrive, packet)
