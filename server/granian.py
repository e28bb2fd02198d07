"""Options of granian, the server that runs the ASGI application."""

# Without lifespan events, HTTP/2 and WebSockets, of which the application uses none.
GRANIAN = ["-m", "granian", "--interface", "asginl", "--http", "1", "--no-ws", "--log-level", "error"]
# Connections that may wait for a worker to accept them, and those that each worker serves at a time.
GRANIAN += ["--backlog", "2048", "--backpressure", "4096"]
# Bytes of the head of a request; the least that granian takes is 8,192.
GRANIAN += ["--http1-buffer-size", "65536"]
