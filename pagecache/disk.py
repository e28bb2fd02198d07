"""Copy of the page cache on disk: one file for each page, written atomically, with a checksum."""

import json
import time
from contextlib import suppress
from hashlib import sha256
from pathlib import Path

from pagecache.key import CacheKey
from pagecache.response import CachedPage
from security.files import UNFINISHED, write_atomically

STATE = "state.json"
# Errors from reading a damaged file.
READ_ERRORS = (ValueError, KeyError, TypeError)


class DiskCache:
    """Folder of up to `limit` bytes of pages, and the state that their keys depend on."""

    def __init__(self, folder: Path, limit: int):
        self.folder, self.limit = folder, limit
        self.folder.mkdir(parents=True, exist_ok=True)
        for file in self.folder.glob(f"*{UNFINISHED}"):
            # Left by a process that was killed during a write. No write takes an hour.
            with suppress(FileNotFoundError):
                if time.time() - file.stat().st_mtime > 3600:
                    file.unlink()
        self.size = sum(file.stat().st_size for file in self.pages())

    def pages(self) -> list[Path]:
        return list(self.folder.glob("*.page"))

    def path(self, key: CacheKey) -> Path:
        return self.folder / f"{sha256(json.dumps(key).encode()).hexdigest()}.page"

    def write(self, key: CacheKey, page: CachedPage):
        """Write a page. Raises OSError."""
        description = {
            "key": key,
            "headers": page.headers,
            "content_version": page.content_version,
            "build": page.build,
            "rendered_at": page.rendered_at,
            "lengths": {encoding: len(body) for encoding, body in page.bodies.items()},
        }
        content = json.dumps(description).encode() + b"\n" + b"".join(page.bodies.values())
        write_atomically(self.path(key), sha256(content).hexdigest().encode() + b"\n" + content)
        self.size += len(content)
        if self.size > self.limit:
            self._evict()

    def discard(self, key: CacheKey):
        self.path(key).unlink(missing_ok=True)

    def _evict(self):
        """Delete the oldest pages until the rest has three quarters of the limit."""
        stats = []
        for file in self.pages():
            # Another process may have deleted it.
            with suppress(FileNotFoundError):
                stats.append((file.stat(), file))
        self.size = sum(stat.st_size for stat, _ in stats)
        for stat, file in sorted(stats, key=lambda pair: pair[0].st_mtime):
            if self.size <= self.limit * 3 // 4:
                return
            file.unlink(missing_ok=True)
            self.size -= stat.st_size

    def read(self) -> list[tuple[CacheKey, CachedPage]]:
        """Return all intact pages, the newest last. Damaged files are deleted."""
        found = []
        for file in self.pages():
            try:
                found.append(self._read_page(file))
            except FileNotFoundError:
                continue
            except READ_ERRORS:
                file.unlink(missing_ok=True)
        return sorted(found, key=lambda pair: pair[1].rendered_at)

    def find(self, key: CacheKey) -> CachedPage | None:
        try:
            return self._read_page(self.path(key))[1]
        except (FileNotFoundError, *READ_ERRORS):
            return None

    @staticmethod
    def _read_page(file: Path) -> tuple[CacheKey, CachedPage]:
        """Read and check one file. Raises FileNotFoundError, or one of READ_ERRORS if the file is damaged."""
        digest, _, content = file.read_bytes().partition(b"\n")
        if sha256(content).hexdigest().encode() != digest:
            raise ValueError("The checksum differs")
        first_line, _, joined = content.partition(b"\n")
        description = json.loads(first_line)
        bodies, start = {}, 0
        for encoding, length in description["lengths"].items():
            bodies[encoding] = joined[start : start + length]
            start += length
        headers = [tuple(header) for header in description["headers"]]
        version, build, rendered_at = (description[name] for name in ("content_version", "build", "rendered_at"))
        return CacheKey(*description["key"]), CachedPage(headers, bodies, version, build, rendered_at)

    def write_state(self, state: dict):
        """Raises OSError."""
        write_atomically(self.folder / STATE, json.dumps(state).encode())

    def read_state(self) -> dict:
        """Raises FileNotFoundError, or ValueError if the file is damaged."""
        return json.loads((self.folder / STATE).read_bytes())
