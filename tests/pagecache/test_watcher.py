"""The thread that looks for changes of content, without a server."""

from types import SimpleNamespace

import pytest

from pagecache.models import ContentVersion
from pagecache.watcher import Watcher

pytestmark = pytest.mark.once


class EndOfTestError(BaseException):
    """Ends the thread, which handles each Exception."""


def test_the_watcher_waits_after_each_query_of_the_version(monkeypatch):
    steps = []

    def step(name: str):
        steps.append(name)
        if len(steps) == 4:
            raise EndOfTestError

    watcher = Watcher(SimpleNamespace(set_content_version=lambda version: None))
    for name in ("close_if_replaced", "listen"):
        monkeypatch.setattr(watcher, name, lambda: None)
    monkeypatch.setattr(watcher, "wait", lambda: step("wait"))
    monkeypatch.setattr(type(ContentVersion.objects), "current", lambda manager: step("query"))
    with pytest.raises(EndOfTestError):
        watcher.run()
    assert steps == ["query", "wait", "query", "wait"]
