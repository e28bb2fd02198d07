"""Reading and checking of content files."""

import tomllib
from pathlib import Path
from typing import Any

from babel import localedata
from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.files.base import File
from django.core.validators import validate_slug
from django.db import models
from modeltranslation.utils import build_localized_fieldname

from editorial.content_files.schema import (
    PAST_SLUGS,
    content_fields,
    models_by_section,
    related_content,
    required_fields,
    translated_fields,
    type_error,
)
from editorial.content_files.values import is_empty
from editorial.fields import PictureField
from editorial.images import clean_image
from editorial.models import Content, PastSlug, SluggableContent


class ContentError(Exception):
    """Errors in the content files. `errors` has one sentence for each, with the file, the key and the remedy."""

    def __init__(self, errors: list[str]):
        super().__init__("\n".join(errors))
        self.errors = errors


class ContentFiles:
    """The content files of one folder, read and checked. Raises ContentError with all errors in them."""

    def __init__(self, folder: Path):
        self.folder = Path(folder)
        self.errors: list[str] = []
        self.models = models_by_section()
        # Language → section → key → field name → value as in the files.
        self.files: dict[str, dict] = {}
        # Language and section → the file that has the section.
        self.paths: dict[tuple[str, str], Path] = {}
        self.read()
        self.check()
        if self.errors:
            raise ContentError(self.errors)

    @property
    def source(self) -> dict:
        """The content in the source language."""
        return self.files.get(settings.LANGUAGE_CODE, {})

    def path(self, code: str, section: str = "") -> Path:
        """Return the file with `section` in a language, or the file where a section without one belongs."""
        return self.paths.get((code, section), self.folder / f"{code}.toml")

    def values(self, model: type[Content], key: str) -> dict[str, tuple[models.Field, Any]]:
        """Return stored field name → (field, value) of an item in all languages. A missing value is None."""
        found = {}
        for name, model_field in content_fields(model).items():
            if name in translated_fields(model):
                for code, sections in self.files.items():
                    item = sections.get(model.content_section, {}).get(key, {})
                    found[build_localized_fieldname(name, code)] = (model_field, item.get(name))
            else:
                found[name] = (model_field, self.source[model.content_section][key].get(name))
        return found

    def add_error(self, code: str, where: str, sentence: str) -> None:
        self.errors.append(f"{self.path(code, where.partition('.')[0])}: {where}: {sentence}")

    def read(self) -> None:
        if not self.path(settings.LANGUAGE_CODE).is_file():
            self.errors.append(f"{self.path(settings.LANGUAGE_CODE)}: the file of the source language is missing.")
        for path in sorted(self.folder.glob("*.toml")):
            # en.toml, or news.en.toml.
            code = path.stem.rpartition(".")[2]
            if code not in settings.CONTENT_LANGUAGES and localedata.exists(code.replace("-", "_")):
                # A site can have fewer languages than its content files, such as those of the program.
                continue
            if code not in settings.CONTENT_LANGUAGES:
                known = ", ".join(settings.CONTENT_LANGUAGES)
                self.errors.append(f"{path}: “{code}” is not a language of this site. Use one of {known}.")
                continue
            try:
                # With or without a byte order mark, which editors of Windows write.
                sections = tomllib.loads(path.read_text(encoding="utf-8-sig"))
            except tomllib.TOMLDecodeError as error:
                self.errors.append(f"{path}: {error}. Correct the file there.")
                continue
            except UnicodeDecodeError as error:
                line = error.object.count(b"\n", 0, error.start) + 1
                self.errors.append(f"{path}: line {line} is not in UTF-8. Save the file in UTF-8.")
                continue
            for section, items in sections.items():
                if other := self.paths.get((code, section)):
                    self.errors.append(f"{path}: {section}: {other.name} has this section too; put it into one file.")
                self.paths[code, section] = path
                self.files.setdefault(code, {})[section] = items

    def check(self) -> None:
        for code, sections in self.files.items():
            for section, items in sections.items():
                if section not in self.models:
                    self.add_error(code, section, f"unknown section; use one of {', '.join(self.models)}.")
                elif not isinstance(items, dict) or not all(isinstance(item, dict) for item in items.values()):
                    self.add_error(code, section, f"write each item as a table: [{section}.some-key].")
                else:
                    for key, values in items.items():
                        self.check_item(code, self.models[section], key, values)

    def check_item(self, code: str, model: type[Content], key: str, values: dict) -> None:
        where = f"{model.content_section}.{key}"
        fields, translated = content_fields(model), translated_fields(model)
        is_source = code == settings.LANGUAGE_CODE
        if not is_source and key not in self.source.get(model.content_section, {}):
            self.add_error(
                code, where, f"not in {self.path(settings.LANGUAGE_CODE).name}; correct the key, or add it there."
            )
            return
        try:
            model._meta.get_field("key").clean(key, None)
        except ValidationError as error:
            self.add_error(code, where, f"the key is not allowed: {' '.join(error.messages)}")
        for name, value in values.items():
            if name == PAST_SLUGS and issubclass(model, SluggableContent):
                self.check_past_slugs(code, f"{where}.{name}", value)
            elif name not in fields:
                self.add_error(code, f"{where}.{name}", f"unknown field; use one of {', '.join(sorted(fields))}.")
            elif not is_source and name not in translated:
                self.add_error(code, f"{where}.{name}", "not a translated field; give it in the source file alone.")
            else:
                self.check_value(code, f"{where}.{name}", fields[name], value)
        if is_source:
            required = required_fields(model)
            for name in sorted(required - {name for name, value in values.items() if not is_empty(value)}):
                self.add_error(code, f"{where}.{name}", "missing; it must have a value.")

    def check_value(self, code: str, where: str, model_field: models.Field, value: Any) -> None:
        if isinstance(model_field, PictureField):
            self.check_picture(code, where, value)
        elif related := related_content(model_field):
            section = related.content_section
            keys = value if model_field.many_to_many and isinstance(value, list) else [value]
            for key in keys:
                if not isinstance(key, str) or key not in self.source.get(section, {}):
                    self.add_error(code, where, f"“{key}” is not a key of [{section}]; correct it, or add that item.")
        elif (expected := type_error(model_field, value)) is not None:
            self.add_error(code, where, f"must be {expected}, not {value!r}.")
        elif not is_empty(value):
            try:
                model_field.clean(str(value) if isinstance(value, float) else value, None)
            except ValidationError as error:
                self.add_error(code, where, f"{' '.join(error.messages)} Correct the value {str(value)[:60]!r}.")

    def check_past_slugs(self, code: str, where: str, value: Any) -> None:
        slug_field = PastSlug._meta.get_field("slug")
        try:
            is_valid = isinstance(value, list) and all(isinstance(slug, str) for slug in value)
            for slug in value if is_valid else ():
                validate_slug(slug)
                slug_field.clean(slug, None)
        except ValidationError:
            is_valid = False
        if not is_valid:
            self.add_error(code, where, 'must be a list of slugs such as ["old-name", "older-name"].')

    def check_picture(self, code: str, where: str, value: Any) -> None:
        path = self.folder / str(value)
        if not isinstance(value, str) or not path.resolve().is_relative_to(self.folder.resolve()):
            self.add_error(code, where, "must be the path of a picture below the content folder.")
        elif not path.is_file():
            self.add_error(code, where, f"the file {path} is missing; add it, or correct the path.")
        else:
            try:
                with path.open("rb") as file:
                    clean_image(File(file, name=path.name))
            except ValidationError as error:
                self.add_error(code, where, f"{path}: {' '.join(error.messages)}")
