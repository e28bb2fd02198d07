"""The ASGI application that granian serves: it reads requests within limits and answers from the page cache or Django.

`environ` turns an ASGI scope into a WSGI environment, `body` reads request bodies, `pool` bounds the threads that run
Django, `asgi` puts them together.
"""
