"""Reader of the environment variables that configure the site."""

import os
from pathlib import Path
from typing import Any

from django.core.exceptions import ImproperlyConfigured
from environs import Env


class Environment(Env):
    """Env with two additions: NAME_FILE is the path of a file with the value, and an empty value counts as unset."""

    def _get_value(self, env_key: str, default: Any) -> Any:
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
