"""Trusted proxies: the client address and scheme of a request that came through them."""

from collections.abc import Iterable
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

from django.conf import settings

# Entry of TRUSTED_PROXIES for connections through a Unix socket, which have no address.
UNIX = "unix"
FORWARDED_HEADERS = ("HTTP_X_FORWARDED_FOR", "HTTP_X_FORWARDED_PROTO", "HTTP_X_REQUEST_ID")
# Key in the WSGI environment.
REQUEST_ID = "security.request_id"


def parse_proxies(entries: Iterable[str]) -> list:
    """Return the entries as IP networks or UNIX. Raises ValueError for an invalid entry."""
    stripped = [entry.strip() for entry in entries]
    return [UNIX if entry.rstrip(":") == UNIX else ip_network(entry) for entry in stripped]


def parse_address(text: str) -> IPv4Address | IPv6Address | None:
    """Return the IP address in `text`, which may have a port, or None if there is none."""
    text = text.strip()
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        address = ip_address(text)
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address


def is_trusted(peer: str) -> bool:
    """Whether `peer`, the value of REMOTE_ADDR, is a trusted proxy."""
    address = parse_address(peer)
    if address is None:
        return not peer and UNIX in settings.TRUSTED_PROXIES
    return any(address in network for network in settings.TRUSTED_PROXIES if network != UNIX)


def apply_forwarded(environ: dict) -> None:
    """Set REMOTE_ADDR and the scheme of a WSGI environment from the headers of trusted proxies.

    The client is the rightmost address in X-Forwarded-For that is not a trusted proxy. A trusted X-Request-ID is stored
    under REQUEST_ID. The headers are removed, so that no other code trusts them and a second call changes nothing.
    """
    forwarded, scheme, request_id = (environ.pop(header, "") for header in FORWARDED_HEADERS)
    if not is_trusted(environ.get("REMOTE_ADDR", "")):
        return
    if request_id:
        environ[REQUEST_ID] = request_id
    scheme = scheme.rpartition(",")[2].strip().lower()
    if scheme in ("http", "https"):
        environ["wsgi.url_scheme"] = scheme
    for entry in reversed(forwarded.split(",")):
        address = parse_address(entry)
        if address is None:
            return
        environ["REMOTE_ADDR"] = str(address)
        if not is_trusted(str(address)):
            return


def client_network(environ: dict) -> str:
    """Return the client for rate limits: its IPv4 address, or its IPv6 network of 64 bits, which is one subscriber."""
    address = parse_address(environ.get("REMOTE_ADDR", ""))
    if isinstance(address, IPv6Address):
        return str(ip_network((address, 64), strict=False))
    return str(address or "")
