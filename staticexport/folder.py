"""The folder of the mirror: a new folder is written next to the old one, and then replaces it atomically."""

import ctypes
import errno
import fcntl
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

# Lists the files that an export wrote. It is part of the mirror, so that both are replaced together.
FILE_LIST = ".static-export"
FILE_MODE, FOLDER_MODE = 0o644, 0o755
AT_FDCWD, RENAME_EXCHANGE = -100, 2


class FolderError(Exception):
    """The folder cannot be used for the mirror. The message states the reason and the remedy."""


class Folder:
    """The folder of the mirror at `path`. If that is a symbolic link, the folder that it points to is replaced.

    The folder `.NAME.export` next to it contains the lock and the mirror that is being written.
    """

    def __init__(self, path: Path):
        self.path = path.resolve()
        self.work = self.path.parent / f".{self.path.name}.export"
        self.new, self.old = self.work / "new", self.work / "old"
        self.previous_names: set[str] = set()
        self.names: set[str] = set()
        self.written = 0

    @contextmanager
    def replaced(self) -> Iterator["Folder"]:
        """Create the new mirror for `put`. Call `switch` at the end of the block; otherwise the old mirror stays."""
        if not self.path.parent.is_dir():
            raise FolderError(f"{self.path.parent} is missing. Create it first.")
        self.work.mkdir(exist_ok=True)
        with (self.work / "lock").open("w") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as error:
                raise FolderError(f"Another export to {self.path} is running. Wait for it, or stop it.") from error
            self.clean_up()
            self.previous_names = self.read_list()
            self.make_folder(self.new)
            try:
                yield self
            finally:
                shutil.rmtree(self.new, ignore_errors=True)

    def clean_up(self):
        """Clean up after a run that was killed."""
        if self.old.exists() and not self.path.exists():
            # The run was killed between the two renames of `switch`.
            self.old.rename(self.path)
        for folder in (self.old, self.new):
            if folder.exists():
                shutil.rmtree(folder)

    def read_list(self) -> set[str]:
        """Return the files that the last export wrote. Raises FolderError for a folder with other files."""
        if not self.path.exists():
            return set()
        if not self.path.is_dir():
            raise FolderError(f"{self.path} is a file. Choose a folder.")
        if (self.path / FILE_LIST).is_file():
            return {FILE_LIST, *(self.path / FILE_LIST).read_text(encoding="utf-8").splitlines()}
        if any(self.path.iterdir()):
            raise FolderError(f"{self.path} contains files that no export wrote. Choose an empty or a new folder.")
        return set()

    def make_folder(self, path: Path):
        """Create a folder and its parents with FOLDER_MODE, independent of the umask."""
        if not path.is_dir():
            self.make_folder(path.parent)
            path.mkdir()
            path.chmod(FOLDER_MODE)

    def put(self, name: str, content: bytes):
        """Add a file to the new mirror. If the old mirror has the same file, it becomes a hard link."""
        self.names.add(name)
        new, old = self.new / name, self.path / name
        self.make_folder(new.parent)
        if has_content(old, content) and link(old, new):
            return
        # Mode "x", because an existing file could be a hard link to a file of the old mirror.
        with new.open("xb") as file:
            file.write(content)
        new.chmod(FILE_MODE)
        self.written += 1

    def switch(self) -> int:
        """Replace the old mirror by the new one if they differ. Return the number of removed files."""
        removed = self.previous_names - self.names - {FILE_LIST}
        if self.previous_names and not self.written and not removed:
            return 0
        self.copy_other_files()
        content = "".join(f"{name}\n" for name in sorted(self.names))
        (self.new / FILE_LIST).write_text(content, encoding="utf-8")
        (self.new / FILE_LIST).chmod(FILE_MODE)
        # Before the switch, so that the mirror is complete after a power failure.
        os.sync()
        if not self.path.exists():
            self.new.rename(self.path)
        elif not exchange(self.path, self.new):
            # Not atomic: for an instant there is no mirror.
            self.path.rename(self.old)
            self.new.rename(self.path)
            shutil.rmtree(self.old)
        return len(removed)

    def copy_other_files(self):
        """Copy files that others added to the old mirror, such as .htaccess or a proof of ownership."""
        if not self.previous_names:
            return
        for folder, subfolders, files in os.walk(self.path):
            for name in [*subfolders, *files]:
                path = Path(folder, name)
                relative = path.relative_to(self.path)
                new = self.new / relative
                if path.is_dir() and not path.is_symlink():
                    if not any(path.iterdir()):
                        self.make_folder(new)
                elif relative.as_posix() not in self.previous_names:
                    if new.is_symlink() or new.exists():
                        raise FolderError(f"{path} is not a file of the mirror, which needs this name. Move it.")
                    self.make_folder(new.parent)
                    if not link(path, new):
                        shutil.copy2(path, new, follow_symlinks=False)


def has_content(path: Path, content: bytes) -> bool:
    try:
        return path.stat().st_size == len(content) and path.read_bytes() == content and not path.is_symlink()
    except FileNotFoundError:
        return False


def link(old: Path, new: Path) -> bool:
    """Create a hard link. Return False if the file system or its permissions do not allow that."""
    try:
        os.link(old, new, follow_symlinks=False)
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EIO):
            raise
        return False
    return True


def exchange(first: Path, second: Path) -> bool:
    """Swap two folders atomically with renameat2 of Linux. Return False if the system does not support that."""
    try:
        rename = ctypes.CDLL(None, use_errno=True).renameat2
    except (AttributeError, OSError):
        return False
    if rename(AT_FDCWD, os.fsencode(first), AT_FDCWD, os.fsencode(second), RENAME_EXCHANGE) == 0:
        return True
    error = ctypes.get_errno()
    if error in (errno.ENOSYS, errno.EINVAL, errno.EOPNOTSUPP):
        return False
    raise OSError(error, os.strerror(error), str(first))
