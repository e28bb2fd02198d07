"""Request bodies, which are read within limits before Django is called."""

import asyncio

import pytest

from server import body as body_module
from server.body import Body, BodyLimit, IncompleteBodyError, RefusedError, read_body

pytestmark = pytest.mark.once

LIMIT = BodyLimit(1000, accepts_files=False)


def read(*messages: dict, limit: BodyLimit = LIMIT, pause: float = 0, **environ: str) -> tuple[bytes, dict]:
    remaining = list(messages)

    async def receive():
        await asyncio.sleep(pause)
        return remaining.pop(0)

    async def run():
        with await read_body(environ, receive, limit) as body:
            return body.read()

    return asyncio.run(run()), environ


def chunk(body: bytes, more: bool = False) -> dict:
    return {"type": "http.request", "body": body, "more_body": more}


def test_a_chunked_body_gets_its_length():
    body, environ = read(chunk(b"a=1", more=True), chunk(b"&b=2"), HTTP_TRANSFER_ENCODING="chunked")
    assert body == b"a=1&b=2"
    assert environ == {"CONTENT_LENGTH": "7"}


@pytest.mark.parametrize(
    "messages",
    [
        [chunk(b"a=1", more=True), {"type": "http.disconnect"}],
        [chunk(b"a=1")],
        [chunk(b"a=1&b=2&c=3&d=4")],
    ],
    ids=["disconnected", "shorter than announced", "longer than announced"],
)
def test_a_body_whose_length_differs_from_content_length_is_not_processed(messages):
    with pytest.raises(IncompleteBodyError):
        read(*messages, CONTENT_LENGTH="7")


@pytest.mark.parametrize(
    ("environ", "status"),
    [
        ({"CONTENT_LENGTH": "1001"}, 413),
        ({"CONTENT_LENGTH": "1" * 5000}, 413),
        ({"CONTENT_LENGTH": "-1"}, 400),
        ({"CONTENT_LENGTH": "٣"}, 400),
        ({"CONTENT_LENGTH": "5", "CONTENT_TYPE": "Multipart/Form-Data; boundary=a"}, 415),
        ({"CONTENT_LENGTH": "5", "CONTENT_TYPE": "application/x-www-form-urlencoded; charset=hex"}, 400),
        ({"CONTENT_LENGTH": "5", "CONTENT_TYPE": "text/plain; a*=idna''%C4%99%ff"}, 400),
        ({"CONTENT_LENGTH": "5", "CONTENT_TYPE": "text/plain; a*=unknown''b"}, 400),
    ],
)
def test_a_body_is_refused_by_its_headers_before_it_is_read(environ, status):
    with pytest.raises(RefusedError) as refusal:
        read(**environ)
    assert refusal.value.status == status


def test_a_chunked_body_that_exceeds_the_limit_is_refused():
    with pytest.raises(RefusedError) as refusal:
        read(chunk(b"x" * 600, more=True), chunk(b"x" * 600, more=True))
    assert refusal.value.status == 413


def test_a_body_in_utf8_may_say_so():
    body, _environ = read(chunk(b"x"), CONTENT_TYPE="application/x-www-form-urlencoded; charset=UTF-8")
    assert body == b"x"


def test_files_are_accepted_where_the_limit_allows_them():
    limit = BodyLimit(1000, accepts_files=True)
    body, _environ = read(chunk(b"x"), limit=limit, CONTENT_TYPE="multipart/form-data; boundary=a", CONTENT_LENGTH="1")
    assert body == b"x"


def test_a_body_that_arrives_too_slowly_is_refused(monkeypatch):
    monkeypatch.setattr(body_module, "ARRIVAL_TIMEOUT", 0.05)
    with pytest.raises(RefusedError) as refusal:
        read(*[chunk(b"x", more=True)] * 50, pause=0.01)
    assert refusal.value.status == 408


def test_a_large_body_may_take_longer(monkeypatch):
    # The bytes of each chunk allow another second, so the test holds on a slow machine.
    monkeypatch.setattr(body_module, "ARRIVAL_TIMEOUT", 0.5)
    monkeypatch.setattr(body_module, "MIN_BYTES_PER_SECOND", 10)
    body, _environ = read(*[chunk(b"x" * 10, more=True)] * 20, chunk(b""), pause=0.03)
    assert len(body) == 200


def test_bodies_that_exceed_the_limit_for_all_bodies_are_written_to_disk(monkeypatch):
    monkeypatch.setattr(body_module, "MAX_BYTES_OF_ALL_IN_MEMORY", 1500)

    async def arrive(size: int) -> Body:
        async def receive():
            return chunk(b"x" * size)

        return await read_body({}, receive, LIMIT)

    first, second, small = (asyncio.run(arrive(size)) for size in (1000, 1000, 10))
    assert [body.is_on_disk for body in (first, second, small)] == [False, True, False]
    assert second.read() == b"x" * 1000
    for body in (first, second, small):
        with body:
            pass
    with asyncio.run(arrive(1000)) as later:
        assert not later.is_on_disk


def test_a_refused_body_is_subtracted_from_the_bytes_in_memory():
    with pytest.raises(RefusedError):
        read(chunk(b"x" * 600, more=True), chunk(b"x" * 600, more=True))
    with pytest.raises(IncompleteBodyError):
        read(chunk(b"a=1", more=True), {"type": "http.disconnect"})
    assert Body.bytes_of_all_in_memory == 0


def test_a_long_body_is_written_to_disk_and_not_counted_as_memory():
    async def receive():
        return chunk(b"x" * (body_module.MAX_BYTES_IN_MEMORY + 1))

    with asyncio.run(read_body({}, receive, BodyLimit(100_000, accepts_files=False))) as body:
        assert body.is_on_disk and Body.bytes_of_all_in_memory == 0
