"""Command-line options of granian, the server that runs the ASGI application."""

# The application uses no lifespan events, no HTTP/2 and no WebSockets.
GRANIAN = ["-m", "granian", "--interface", "asginl", "--http", "1", "--no-ws", "--log-level", "error"]
# Length of the queue of connections that are not yet accepted, and maximum connections per worker.
GRANIAN += ["--backlog", "2048", "--backpressure", "4096"]
# Maximum size of the request line and headers, in bytes. The lowest value that granian accepts is 8,192.
GRANIAN += ["--http1-buffer-size", "65536"]
