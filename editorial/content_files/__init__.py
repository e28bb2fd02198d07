"""Content files: one TOML file for each language, and pictures, for loading into the database and dumping from it.

content/<source language>.toml has all fields of every item. The file of another language has only the translated
fields, under the same section and key. docs/content.md describes the format.
"""

from editorial.content_files.dumping import dump
from editorial.content_files.loading import OtherSiteError, Report, load
from editorial.content_files.needed import missing_items, register_needed
from editorial.content_files.reading import ContentError, ContentFiles
from editorial.content_files.schema import (
    content_fields,
    is_translated,
    models_by_section,
    references,
    translated_fields,
)

__all__ = [
    "ContentError",
    "ContentFiles",
    "OtherSiteError",
    "Report",
    "content_fields",
    "dump",
    "is_translated",
    "load",
    "missing_items",
    "models_by_section",
    "references",
    "register_needed",
    "translated_fields",
]
