"""The folder of the mirror: written anew beside the old one, which it then replaces at once."""

import ctypes
import errno
import fcntl
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

# Lists the files that an export wrote. It stands in the mirror, so that it is replaced together with it.
LIST = ".static-export"
FILE_MODE, FOLDER_MODE = 0o644, 0o755
AT_FDCWD, RENAME_EXCHANGE = -100, 2


class FolderError(Exception):
    """The folder cannot hold the mirror; the message says why and what to do."""


class Folder:
    """The mirror at `path`, which may be a symbolic link: then the folder that it names is replaced.

    Everything else lies beside it in `.NAME.export`: the lock, the mirror that is being written, and what a run that
    was killed left.
    """

    def __init__(self, path: Path):
        self.path = path.resolve()
        self.work = self.path.parent / f".{self.path.name}.export"
        self.new, self.old = self.work / "new", self.work / "old"
        self.before: set[str] = set()
        self.names: set[str] = set()
        self.written = 0

    @contextmanager
    def replaced(self) -> Iterator["Folder"]:
        """Write to the new mirror within this block. Call `switch` at its end; without it the old mirror stays."""
        if not self.path.parent.is_dir():
            raise FolderError(f"{self.path.parent} is missing. Create it first.")
        self.work.mkdir(exist_ok=True)
        with (self.work / "lock").open("w") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as error:
                raise FolderError(f"Another export to {self.path} is running. Wait for it, or stop it.") from error
            self.recover()
            self.before = self.read_list()
            self.make_folder(self.new)
            try:
                yield self
            finally:
                shutil.rmtree(self.new, ignore_errors=True)

    def recover(self):
        """Clean up after a run that was killed."""
        if self.old.exists() and not self.path.exists():
            # Killed between the two renames of `switch`.
            self.old.rename(self.path)
        for left in (self.old, self.new):
            if left.exists():
                shutil.rmtree(left)

    def read_list(self) -> set[str]:
        """The files that the last export wrote. Raises FolderError for a folder that holds something else."""
        if not self.path.exists():
            return set()
        if not self.path.is_dir():
            raise FolderError(f"{self.path} is a file. Name a folder.")
        if (self.path / LIST).is_file():
            return {LIST, *(self.path / LIST).read_text(encoding="utf-8").splitlines()}
        if any(self.path.iterdir()):
            raise FolderError(
                f"{self.path} holds files that no export wrote, and they stay. Name an empty or a new folder."
            )
        return set()

    def make_folder(self, path: Path):
        """Make a folder, and those above it, that other users can read whatever the umask."""
        if not path.is_dir():
            self.make_folder(path.parent)
            path.mkdir()
            path.chmod(FOLDER_MODE)

    def put(self, name: str, content: bytes):
        """Put a file into the new mirror: a hard link to the one in the old mirror if that has the same bytes."""
        self.names.add(name)
        new, old = self.new / name, self.path / name
        self.make_folder(new.parent)
        if has_content(old, content) and link(old, new):
            return
        # Never into a file that is there: it could be a hard link to the old mirror's.
        with new.open("xb") as file:
            file.write(content)
        new.chmod(FILE_MODE)
        self.written += 1

    def switch(self) -> int:
        """Replace the old mirror by the new one, unless they are the same; returns the number of files removed."""
        gone = self.before - self.names - {LIST}
        if self.before and not self.written and not gone:
            return 0
        self.keep_others()
        listed = "".join(f"{name}\n" for name in sorted(self.names))
        (self.new / LIST).write_text(listed, encoding="utf-8")
        (self.new / LIST).chmod(FILE_MODE)
        # On disk before the switch: a power cut leaves a whole mirror.
        os.sync()
        if not self.path.exists():
            self.new.rename(self.path)
        elif not exchange(self.path, self.new):
            # Not at once: for an instant there is no mirror.
            self.path.rename(self.old)
            self.new.rename(self.path)
            shutil.rmtree(self.old)
        return len(gone)

    def keep_others(self):
        """Take over what others put into the old mirror, such as .htaccess or a proof of ownership."""
        if not self.before:
            return
        for folder, subfolders, files in os.walk(self.path):
            for name in [*subfolders, *files]:
                path = Path(folder, name)
                relative = path.relative_to(self.path)
                new = self.new / relative
                if path.is_dir() and not path.is_symlink():
                    if not any(path.iterdir()):
                        self.make_folder(new)
                elif relative.as_posix() not in self.before:
                    if new.is_symlink() or new.exists():
                        raise FolderError(f"{path} is no file of the mirror, which needs that place. Move it away.")
                    self.make_folder(new.parent)
                    if not link(path, new):
                        shutil.copy2(path, new, follow_symlinks=False)


def has_content(path: Path, content: bytes) -> bool:
    try:
        return path.stat().st_size == len(content) and path.read_bytes() == content and not path.is_symlink()
    except FileNotFoundError:
        return False


def link(old: Path, new: Path) -> bool:
    """Hard-link a file; False where the file system or its rights do not allow that."""
    try:
        os.link(old, new, follow_symlinks=False)
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EIO):
            raise
        return False
    return True


def exchange(one: Path, other: Path) -> bool:
    """Swap two folders in one step (renameat2, on Linux); False where the system cannot."""
    try:
        rename = ctypes.CDLL(None, use_errno=True).renameat2
    except (AttributeError, OSError):
        return False
    if rename(AT_FDCWD, os.fsencode(one), AT_FDCWD, os.fsencode(other), RENAME_EXCHANGE) == 0:
        return True
    error = ctypes.get_errno()
    if error in (errno.ENOSYS, errno.EINVAL, errno.EOPNOTSUPP):
        return False
    raise OSError(error, os.strerror(error), str(one))
