"""Bodies of requests, read within limits before Django sees them."""

import asyncio

import pytest

from server import body as body_module
from server.body import Body, BodyLimit, CutOffError, RefusedError, read_body

pytestmark = pytest.mark.once

LIMIT = BodyLimit(1000, accepts_files=False)


def read(*messages: dict, limit: BodyLimit = LIMIT, pause: float = 0, **environ: str) -> tuple[bytes, dict]:
    waiting = list(messages)

    async def receive():
        await asyncio.sleep(pause)
        return waiting.pop(0)

    async def run():
        with await read_body(environ, receive, limit) as body:
            return body.read()

    return asyncio.run(run()), environ


def piece(body: bytes, more: bool = False) -> dict:
    return {"type": "http.request", "body": body, "more_body": more}


def test_a_chunked_body_gets_its_length():
    body, environ = read(piece(b"a=1", more=True), piece(b"&b=2"), HTTP_TRANSFER_ENCODING="chunked")
    assert body == b"a=1&b=2"
    assert environ == {"CONTENT_LENGTH": "7"}


@pytest.mark.parametrize(
    "messages",
    [
        [piece(b"a=1", more=True), {"type": "http.disconnect"}],
        [piece(b"a=1")],
        [piece(b"a=1&b=2&c=3&d=4")],
    ],
    ids=["gone", "shorter than announced", "longer than announced"],
)
def test_a_body_that_is_not_as_announced_is_never_handed_on(messages):
    with pytest.raises(CutOffError):
        read(*messages, CONTENT_LENGTH="7")


@pytest.mark.parametrize(
    ("environ", "status"),
    [
        ({"CONTENT_LENGTH": "1001"}, 413),
        ({"CONTENT_LENGTH": "1" * 5000}, 413),
        ({"CONTENT_LENGTH": "-1"}, 400),
        ({"CONTENT_LENGTH": "٣"}, 400),
        ({"CONTENT_LENGTH": "5", "CONTENT_TYPE": "Multipart/Form-Data; boundary=a"}, 415),
    ],
)
def test_what_its_head_already_tells_is_refused_before_anything_is_read(environ, status):
    with pytest.raises(RefusedError) as refusal:
        read(**environ)
    assert refusal.value.status == status


def test_a_body_that_grows_beyond_the_limit_is_refused():
    with pytest.raises(RefusedError) as refusal:
        read(piece(b"x" * 600, more=True), piece(b"x" * 600, more=True))
    assert refusal.value.status == 413


def test_files_are_taken_where_they_may_be_sent():
    limit = BodyLimit(1000, accepts_files=True)
    body, _environ = read(piece(b"x"), limit=limit, CONTENT_TYPE="multipart/form-data; boundary=a", CONTENT_LENGTH="1")
    assert body == b"x"


def test_a_body_that_comes_too_slowly_is_refused(monkeypatch):
    monkeypatch.setattr(body_module, "SECONDS_TO_ARRIVE", 0.05)
    with pytest.raises(RefusedError) as refusal:
        read(*[piece(b"x", more=True)] * 50, pause=0.01)
    assert refusal.value.status == 408


def test_a_large_body_has_as_long_as_its_size_needs(monkeypatch):
    monkeypatch.setattr(body_module, "SECONDS_TO_ARRIVE", 0.05)
    monkeypatch.setattr(body_module, "BYTES_A_SECOND", 100)
    body, _environ = read(*[piece(b"x" * 10, more=True)] * 20, piece(b""), pause=0.01)
    assert len(body) == 200


def test_bodies_that_find_no_room_in_memory_are_kept_on_disk(monkeypatch):
    monkeypatch.setattr(body_module, "BYTES_IN_MEMORY_OF_ALL", 1500)

    async def arrive(size: int) -> Body:
        async def receive():
            return piece(b"x" * size)

        return await read_body({}, receive, LIMIT)

    first, second, small = (asyncio.run(arrive(size)) for size in (1000, 1000, 10))
    assert [body.is_on_disk for body in (first, second, small)] == [False, True, False]
    assert second.read() == b"x" * 1000
    for body in (first, second, small):
        with body:
            pass
    with asyncio.run(arrive(1000)) as later:
        assert not later.is_on_disk


def test_a_body_that_is_refused_gives_its_room_back():
    with pytest.raises(RefusedError):
        read(piece(b"x" * 600, more=True), piece(b"x" * 600, more=True))
    with pytest.raises(CutOffError):
        read(piece(b"a=1", more=True), {"type": "http.disconnect"})
    assert Body.in_memory == 0


def test_a_body_that_is_long_is_on_disk_and_takes_no_room():
    async def receive():
        return piece(b"x" * (body_module.BYTES_IN_MEMORY + 1))

    with asyncio.run(read_body({}, receive, BodyLimit(100_000, accepts_files=False))) as body:
        assert body.is_on_disk and Body.in_memory == 0
