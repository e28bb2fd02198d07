"""Addresses to embed, made from the addresses of pages of known providers."""

import re
from collections.abc import Callable
from math import cos, radians
from urllib.parse import SplitResult, parse_qs, urlencode, urlsplit

VIDEO_ID = r"([\w-]+)"
# Size of the shown part of a map, in pixels of its zoom level.
MAP_WIDTH, MAP_HEIGHT, TILE = 800, 450, 256


def query_value(page: SplitResult, *names: str) -> str:
    """Return the first value in the query of `page` under one of `names`, or ""."""
    values = parse_qs(page.query)
    return next((values[name][0] for name in names if name in values), "")


def seconds(text: str) -> int:
    """Return a time such as "90", "90s" or "1h2m3s" in seconds, and 0 for other text."""
    match = re.fullmatch(r"(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s?)?", text)
    hours, minutes, rest = (int(part or 0) for part in match.groups()) if match else (0, 0, 0)
    return hours * 3600 + minutes * 60 + rest


def youtube(page: SplitResult) -> str:
    if page.netloc == "youtu.be":
        match = re.fullmatch(f"/{VIDEO_ID}", page.path)
    else:
        match = re.fullmatch(f"/(?:shorts|live|embed)/{VIDEO_ID}", page.path)
    video = match[1] if match else query_value(page, "v") if page.path == "/watch" else ""
    if not re.fullmatch(VIDEO_ID, video):
        return ""
    start = seconds(query_value(page, "t", "start"))
    return f"https://www.youtube-nocookie.com/embed/{video}" + (f"?start={start}" if start else "")


def vimeo(page: SplitResult) -> str:
    match = re.fullmatch(r"/(?:.*/)?(\d+)(?:/([0-9a-f]+))?", page.path)
    if not match:
        return ""
    # dnt=1 turns off its cookie for statistics. h is the key of an unlisted video.
    key = match[2] or query_value(page, "h")
    return f"https://player.vimeo.com/video/{match[1]}?{urlencode({'dnt': 1} | ({'h': key} if key else {}))}"


def peertube(page: SplitResult) -> str:
    match = re.fullmatch(
        r"/(?:w|videos/watch|videos/embed)/([A-Za-z0-9]{22}|[0-9a-f]{8}(?:-[0-9a-f]{4,12}){4})", page.path
    )
    # Without p2p=0, each viewer learns the IP addresses of others.
    return f"https://{page.netloc}/videos/embed/{match[1]}?p2p=0" if match else ""


def openstreetmap(page: SplitResult) -> str:
    """Return the map around the place in the address, with a marker if the address has one."""
    view = re.search(r"map=(\d+)/(-?[\d.]+)/(-?[\d.]+)", page.fragment)
    marker = [query_value(page, name) for name in ("mlat", "mlon")]
    try:
        zoom, latitude, longitude = view.groups() if view else ("16", *marker)
        north, east = float(latitude), float(longitude)
        # Degrees of a pixel at the equator; Mercator maps show fewer degrees of latitude in the north.
        degrees = 360 / (TILE * 2 ** min(int(zoom), 19))
        if not (abs(north) < 85 and abs(east) <= 180):
            return ""
        width, height = MAP_WIDTH / 2 * degrees, MAP_HEIGHT / 2 * degrees * cos(radians(north))
        box = ",".join(f"{edge:.5f}" for edge in (east - width, north - height, east + width, north + height))
        pin = {"marker": ",".join(f"{float(text):.5f}" for text in marker)} if all(marker) else {}
    except ValueError:
        return ""
    return f"https://www.openstreetmap.org/export/embed.html?{urlencode({'bbox': box, 'layer': 'mapnik'} | pin)}"


PROVIDERS: dict[str, Callable[[SplitResult], str]] = {
    "www.youtube.com": youtube,
    "youtube.com": youtube,
    "m.youtube.com": youtube,
    "youtu.be": youtube,
    "www.youtube-nocookie.com": youtube,
    "vimeo.com": vimeo,
    "player.vimeo.com": vimeo,
    "www.openstreetmap.org": openstreetmap,
    "openstreetmap.org": openstreetmap,
}


def embed_address(page_url: str) -> str:
    """Return the address to embed the video or map on a page, or "" if the page is not known."""
    try:
        page = urlsplit(page_url)
    except ValueError:
        return ""
    # PeerTube runs on many hosts. Its addresses have a form of their own.
    return PROVIDERS.get(page.netloc.lower(), peertube)(page)
