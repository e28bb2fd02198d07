"""Reader of the environment variables that configure the site."""

import os
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from django.core.exceptions import ImproperlyConfigured
from environs import Env

# Variables of other programs that resemble a setting.
OF_OTHERS = {"LANGUAGE"}


class Environment(Env):
    """Env with three additions.

    NAME_FILE is the path of a file with the value, an empty value counts as unset, and misspelt names are reported.
    """

    def __init__(self, **options: Any):
        super().__init__(**options)
        self.known: set[str] = set()

    def require_known_names(self):
        """Raise ImproperlyConfigured for an unread variable whose name is almost that of a setting."""
        known = self.known | {f"{name}_FILE" for name in self.known}
        for name in sorted(os.environ.keys() - known - OF_OTHERS):
            if similar := get_close_matches(name, known, n=1, cutoff=0.85):
                raise ImproperlyConfigured(f"{name} is no setting; did you mean {similar[0]}?")

    def _get_value(self, env_key: str, default: Any) -> Any:
        self.known.add(env_key)
        value = os.environ.get(env_key, "").strip()
        path = os.environ.get(f"{env_key}_FILE", "").strip()
        if value and path:
            raise ImproperlyConfigured(f"{env_key} and {env_key}_FILE are both set; remove one of them.")
        if path:
            value = self._read(f"{env_key}_FILE", path)
        return value or default

    @staticmethod
    def _read(name: str, path: str) -> str:
        try:
            value = Path(path).read_text(encoding="utf-8").strip()
        except (OSError, ValueError) as error:
            reason = error.strerror if isinstance(error, OSError) else "it is not a text file"
            raise ImproperlyConfigured(f"{name}={path} cannot be read: {reason}.") from error
        if not value:
            raise ImproperlyConfigured(f"{name}={path} is an empty file; write the value to it.")
        return value
