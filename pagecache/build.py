"""Identifier of the installed program. Pages of another build are served only if there is nothing newer."""

import json
from hashlib import sha256
from pathlib import Path

from django.apps import apps
from django.conf import settings

# Prefixes of the settings that a page or its headers depend on.
SETTING_PREFIXES = ("ALLOWED_HOSTS", "CONTENT_", "HTTPS", "LANGUAGE", "SECURE_", "TIME_ZONE", "X_FRAME_")


def build_id() -> str:
    """Return a digest of settings, and of name, size and modification time of code, templates and translations."""
    own_apps = [Path(app.path) for app in apps.get_app_configs() if Path(app.path).parent == settings.BASE_DIR]
    folders = [
        *own_apps,
        settings.BASE_DIR / "unic_site",
        *([settings.SITE_DIR / "templates"] if settings.SITE_DIR else []),
        settings.BASE_DIR / "templates",
        *map(Path, settings.LOCALE_PATHS),
    ]
    files = [file for folder in folders for file in sorted(folder.rglob("*")) if file.suffix in (".py", ".html", ".mo")]
    values = {name: getattr(settings, name) for name in dir(settings) if name.startswith(SETTING_PREFIXES)}
    digest = sha256(json.dumps(values, sort_keys=True, default=str).encode())
    # The stamp of `manage.py prepare` changes with each change of a static file.
    for file in [*files, settings.STATIC_ROOT / ".built-from"]:
        if file.exists():
            stat = file.stat()
            digest.update(f"{file}\0{stat.st_size}\0{stat.st_mtime_ns}\n".encode())
    return digest.hexdigest()
