"""Identifies the installed program: pages that another build rendered are served only when nothing newer can be had."""

import json
from hashlib import sha256
from pathlib import Path

from django.apps import apps
from django.conf import settings

# The settings that a page or its headers depend on begin so.
ON_PAGES = ("ALLOWED_HOSTS", "CONTENT_", "HTTPS", "LANGUAGE", "SECURE_", "TIME_ZONE", "X_FRAME_")


def build() -> str:
    """A digest over templates, code, catalogues and static files, by name, size and modification time, and settings."""
    ours = [Path(app.path) for app in apps.get_app_configs() if Path(app.path).parent == settings.BASE_DIR]
    folders = [
        *ours,
        settings.BASE_DIR / "unic_site",
        settings.BASE_DIR / "templates",
        *map(Path, settings.LOCALE_PATHS),
    ]
    files = [file for folder in folders for file in sorted(folder.rglob("*")) if file.suffix in (".py", ".html", ".mo")]
    configured = {name: getattr(settings, name) for name in dir(settings) if name.startswith(ON_PAGES)}
    seen = sha256(json.dumps(configured, sort_keys=True, default=str).encode())
    for file in [*files, settings.STATIC_ROOT / ".built-from"]:
        if file.exists():
            stat = file.stat()
            seen.update(f"{file}\0{stat.st_size}\0{stat.st_mtime_ns}\n".encode())
    return seen.hexdigest()
