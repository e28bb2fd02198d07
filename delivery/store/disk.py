"""The pages as they outlive the process: one file each, written whole or not at all, checked when read."""

import json
import os
import tempfile
import time
from contextlib import suppress
from hashlib import sha256
from pathlib import Path

from delivery.store.answer import Kept
from delivery.store.question import Question

STATE = "state.json"


class Disk:
    """A folder of up to `limit` bytes of pages, and of what tells which page is whose."""

    def __init__(self, folder: Path, limit: int):
        self.folder, self.limit = folder, limit
        self.folder.mkdir(parents=True, exist_ok=True)
        for file in self.folder.glob("*.new"):
            # A process was killed while it wrote it; no writing takes an hour.
            with suppress(FileNotFoundError):
                if time.time() - file.stat().st_mtime > 3600:
                    file.unlink()
        self.size = sum(file.stat().st_size for file in self.pages())

    def pages(self) -> list[Path]:
        return list(self.folder.glob("*.page"))

    def path(self, question: Question) -> Path:
        return self.folder / f"{sha256(json.dumps(question).encode()).hexdigest()}.page"

    def write(self, question: Question, kept: Kept):
        described = {
            "question": question,
            "headers": kept.headers,
            "generation": kept.generation,
            "build": kept.build,
            "made_at": kept.made_at,
            "lengths": {encoding: len(body) for encoding, body in kept.bodies.items()},
        }
        content = json.dumps(described).encode() + b"\n" + b"".join(kept.bodies.values())
        self.write_whole(self.path(question), sha256(content).hexdigest().encode() + b"\n" + content)
        self.size += len(content)
        if self.size > self.limit:
            self.make_room()

    def discard(self, question: Question):
        self.path(question).unlink(missing_ok=True)

    def make_room(self):
        """Delete the pages that were written longest ago, down to three quarters of the limit."""
        stats = []
        for file in self.pages():
            try:
                stats.append((file.stat(), file))
            except FileNotFoundError:
                # The other process was faster.
                continue
        self.size = sum(stat.st_size for stat, _ in stats)
        for stat, file in sorted(stats, key=lambda pair: pair[0].st_mtime):
            if self.size <= self.limit * 3 // 4:
                return
            file.unlink(missing_ok=True)
            self.size -= stat.st_size

    def read(self) -> list[tuple[Question, Kept]]:
        """All whole pages, the latest last; what is not whole is deleted."""
        found = []
        for file in self.pages():
            try:
                found.append(self.read_page(file))
            except FileNotFoundError:
                continue
            except (ValueError, KeyError, TypeError):
                file.unlink(missing_ok=True)
        return sorted(found, key=lambda pair: pair[1].made_at)

    def find(self, question: Question) -> Kept | None:
        try:
            return self.read_page(self.path(question))[1]
        except (FileNotFoundError, ValueError, KeyError, TypeError):
            return None

    @staticmethod
    def read_page(file: Path) -> tuple[Question, Kept]:
        """Raises ValueError for a file that is not as it was written."""
        digest, _, content = file.read_bytes().partition(b"\n")
        if sha256(content).hexdigest().encode() != digest:
            raise ValueError("not whole")
        description, _, bodies = content.partition(b"\n")
        described = json.loads(description)
        kept, start = {}, 0
        for encoding, length in described["lengths"].items():
            kept[encoding] = bodies[start : start + length]
            start += length
        headers = [tuple(header) for header in described["headers"]]
        page = Kept(headers, kept, described["generation"], described["build"], described["made_at"])
        return Question(*described["question"]), page

    def write_state(self, state: dict):
        self.write_whole(self.folder / STATE, json.dumps(state).encode())

    def read_state(self) -> dict:
        """Raises FileNotFoundError where there is none, ValueError where it is not as it was written."""
        return json.loads((self.folder / STATE).read_bytes())

    def write_whole(self, path: Path, content: bytes):
        """Put `content` in the place of what is at `path`, at once."""
        descriptor, name = tempfile.mkstemp(dir=self.folder, suffix=".new")
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write(content)
            Path(name).replace(path)
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise
