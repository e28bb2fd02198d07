"""ASGI application that granian serves: it answers requests from the page cache or from Django, within limits.

`environ` converts ASGI scopes to WSGI environments, `body` reads request bodies, `pool` bounds the threads that run
Django, and `asgi` combines them.
"""
