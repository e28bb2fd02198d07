"""A folder of releases: whole copies of the site, of which `current` names the one that is handed out."""

import json
import os
import shutil
import tempfile
from collections import Counter
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from delivery.store.answer import Kept, Rendering

# The values by which one header differs from page to page are no part of its set.
OF_ONE_PAGE = {"etag", "content-length", "content-encoding", "content-language", "last-modified", "location", "vary"}
# Where `Release.known` is kept.
KNOWN = "known.json"


@dataclass(frozen=True)
class HeaderSet:
    """The headers that many files share. Its name holds their digest: other headers are another set."""

    headers: tuple[tuple[str, str], ...]

    @classmethod
    def of(cls, rendering: Rendering, vary: str) -> "HeaderSet":
        shared = [(name, value) for name, value in rendering.headers if name.lower() not in OF_ONE_PAGE]
        return cls(tuple(sorted((name, in_order(name, value)) for name, value in [*shared, ("Vary", vary)])))

    @property
    def content_type(self) -> str:
        return dict(self.headers)["Content-Type"]

    @property
    def ending(self) -> str:
        """A file name's ending, one for each content type, from which nginx tells the type."""
        return sha256(self.content_type.encode()).hexdigest()[:8]

    @property
    def name(self) -> str:
        return sha256(repr(self.headers).encode()).hexdigest()[:12]


def in_order(name: str, value: str) -> str:
    """The directives of a policy come in any order, which is another one in each process."""
    return "; ".join(sorted(value.split("; "))) if name == "Content-Security-Policy" else value


class Folder:
    """Where releases lie. A file is kept once by its digest, and linked into each release that holds it."""

    def __init__(self, root: Path):
        self.root = root
        self.files, self.releases, self.current = root / "files", root / "releases", root / "current"
        for folder in (self.files, self.releases):
            folder.mkdir(parents=True, exist_ok=True)

    def path(self, digest: str) -> Path:
        return self.files / digest[:2] / digest

    @property
    def current_name(self) -> str | None:
        return self.current.readlink().name if self.current.is_symlink() else None

    def keep(self, content: bytes) -> str:
        """The digest under which `content` is kept; written if it is not there yet, whole or not at all."""
        digest = sha256(content).hexdigest()
        path = self.path(digest)
        if not path.exists():
            path.parent.mkdir(exist_ok=True)
            write(path, content)
            # nginx makes the ETag of time and length: the same for the same content, whenever it was written.
            moment = int(digest[:8], 16) >> 1
            os.utime(path, (moment, moment))
        return digest

    def switch(self, release: str):
        """Hand out another release from now on."""
        # On disk before it is named, so that a power cut leaves one or the other.
        os.sync()
        new = self.root / "current.new"
        new.unlink(missing_ok=True)
        new.symlink_to(Path("releases") / release)
        new.replace(self.current)

    def withdraw(self):
        """Hand out no release: the site itself answers until the next one."""
        self.current.unlink(missing_ok=True)

    def tidy(self, kept: set[str]):
        """Delete all releases but those, and files that none of them holds."""
        for release in self.releases.iterdir():
            if release.name not in kept:
                shutil.rmtree(release)
        for file in self.files.glob("*/*"):
            if file.stat().st_nlink == 1:
                file.unlink()


def write(path: Path, content: bytes):
    descriptor, name = tempfile.mkstemp(dir=path.parent, suffix=".part")
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
        # The web server is another user.
        Path(name).chmod(0o644)
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


class Release:
    """One whole copy of the site while it is made."""

    def __init__(self, folder: Folder, name: str):
        self.folder, self.path, self.name = folder, folder.releases / name, name
        # What an attempt that was broken off left.
        shutil.rmtree(self.path, ignore_errors=True)
        self.path.mkdir()
        # By place, the sets of headers of what lies there and how often each came.
        self.sets: dict[str, Counter[HeaderSet]] = {}
        # Digest of a body → by encoding, the digest of its file: as the release before has it, and this one.
        self.before, self.known = self.read_known(), {}
        self.count = self.written = 0

    def read_known(self) -> dict[str, dict[str, str]]:
        try:
            return json.loads((self.folder.root / KNOWN).read_bytes())
        except FileNotFoundError:
            return {}

    def put(self, place: str, path: str, rendering: Rendering, vary: str):
        """Put an answer into `place`, a folder of the release and one in it, in each encoding."""
        headers = self.say(place.partition("/")[0], rendering, vary)
        self.count += 1
        for encoding, digest in self.encoded(rendering).items():
            # nginx sees no type in a name that begins with a point.
            target = Path(f"{self.path}/{place}/{encoding}/{headers.name}{path}=.{headers.ending}")
            target.parent.mkdir(parents=True, exist_ok=True)
            target.hardlink_to(self.folder.path(digest))

    def say(self, place: str, rendering: Rendering, vary: str) -> HeaderSet:
        """Note the headers with which something is sent that belongs to `place`."""
        headers = HeaderSet.of(rendering, vary)
        self.sets.setdefault(place, Counter())[headers] += 1
        return headers

    def encoded(self, rendering: Rendering) -> dict[str, str]:
        """By encoding, the digest of the file; what the release before held is neither compressed nor written anew."""
        digest = sha256(rendering.header("content-type").encode() + b"\0" + rendering.body).hexdigest()
        if digest not in self.known:
            found = self.before.get(digest, {})
            if not found or not all(self.folder.path(one).exists() for one in found.values()):
                found = {name: self.folder.keep(body) for name, body in Kept.of(rendering, "", "", "").bodies.items()}
                self.written += 1
            self.known[digest] = found
        return self.known[digest]

    def finish(self, configuration: str):
        """Say by which configuration this release is to be read, and hand it out."""
        write(self.folder.root / KNOWN, json.dumps(self.known).encode())
        (self.path / f"of-{configuration}").touch()
        before = self.folder.current_name
        self.folder.switch(self.name)
        # An answer may still be on its way from the one before.
        self.folder.tidy({self.name, before or self.name})
