"""Content files: one TOML file a language, and pictures, loaded into the database and written from it.

content/<source language>.toml holds every item with all its fields; the file of another language holds, under the
same section and key, the translated fields alone. docs/content.md describes the form for those who write it.
"""

import datetime
import json
import tomllib
from collections import defaultdict
from dataclasses import dataclass, field
from decimal import Decimal
from hashlib import sha256
from pathlib import Path

import tomli_w
from django.apps import apps
from django.conf import settings
from django.core.exceptions import FieldDoesNotExist, ValidationError
from django.core.files.base import File
from django.core.validators import validate_slug
from django.db import IntegrityError, models, transaction
from django_countries.fields import CountryField
from modeltranslation.translator import translator
from modeltranslation.utils import build_localized_fieldname

from editorial.fields import PictureField, clean_image
from editorial.models import Content, ImportState, PastSlug, SluggableContent
from translations.status.locks import locked

# Fields that the program keeps itself.
OWN_FIELDS = ("id", "key", "updated_at")
# No field of an item: the addresses that it had before, in the language of the file.
PAST_SLUGS = "past_slugs"


class ContentError(Exception):
    """The content files have faults; `faults` lists them as sentences that name file, key and remedy."""

    def __init__(self, faults: list[str]):
        super().__init__("\n".join(faults))
        self.faults = faults


@dataclass
class Report:
    """What loading did: each entry is the `section.key` of an item, with the field where only that is meant."""

    created: list[str] = field(default_factory=list)
    updated: list[str] = field(default_factory=list)
    kept: list[str] = field(default_factory=list)
    deleted_by_staff: list[str] = field(default_factory=list)
    unchanged: int = 0


def content_models() -> dict[str, type[Content]]:
    """Every model of content by its section, each after the models that it refers to."""
    waiting = [model for model in apps.get_models() if issubclass(model, Content)]
    ordered: dict[str, type[Content]] = {}
    while waiting:
        ready = [
            model
            for model in waiting
            if not any(f.related_model in waiting and f.related_model is not model for f in references(model))
        ]
        ordered |= {model.content_section: model for model in ready}
        waiting = [model for model in waiting if model not in ready]
    return ordered


def references(model: type[Content]) -> list[models.Field]:
    """The fields of `model` that point to other content."""
    fields = (*model._meta.fields, *model._meta.many_to_many)
    return [f for f in fields if f.is_relation and issubclass(f.related_model, Content)]


def translated_fields(model: type[Content]) -> set[str]:
    return set(translator.get_options_for_model(model).fields) if is_translated(model) else set()


def is_translated(model: type[Content]) -> bool:
    return model in translator.get_registered_models()


def content_fields(model: type[Content]) -> dict[str, models.Field]:
    """The fields that a content file may give for `model`, by their names in the file."""
    localized = {
        build_localized_fieldname(name, code)
        for name in translated_fields(model)
        for code in settings.CONTENT_LANGUAGES
    }
    fields = (*model._meta.fields, *model._meta.many_to_many)
    return {f.name: f for f in fields if f.editable and f.name not in {*localized, *OWN_FIELDS}}


def digest(value) -> str:
    """SHA-256 in hex of a value in the form of the files: the same value always gives the same digest."""
    return sha256(json.dumps(value, ensure_ascii=False, default=str, sort_keys=True).encode()).hexdigest()


NOTHING = digest(None)


def is_empty(value) -> bool:
    return value is None or value == "" or value == []


def stored_value(item: Content, stored_name: str, model_field: models.Field):
    """The value of one field as a content file would give it; None where it is empty or the default."""
    if model_field.many_to_many:
        return [other.key for other in getattr(item, stored_name).order_by("key")] or None
    if model_field.is_relation:
        other = getattr(item, stored_name)
        return other.key if other else None
    value = getattr(item, stored_name)
    if isinstance(model_field, PictureField):
        if not value:
            return None
        with value.storage.open(value.name) as file:
            return sha256(file.read()).hexdigest()
    if isinstance(model_field, CountryField):
        value = value.code
    if isinstance(value, Decimal):
        value = int(value) if value == value.to_integral_value() else float(value)
    if is_empty(value) or (value == model_field.get_default() and not model_field.null):
        return None
    return value


class ContentFiles:
    """The files of one folder, read and checked; nothing touches the database before all of them are sound."""

    def __init__(self, folder: Path):
        self.folder = Path(folder)
        self.faults: list[str] = []
        self.models = content_models()
        # Language → section → key → field name → value as in the file.
        self.files: dict[str, dict] = {}
        self.read()
        self.check()
        if self.faults:
            raise ContentError(self.faults)

    @property
    def source(self) -> dict:
        return self.files.get(settings.LANGUAGE_CODE, {})

    def path(self, code: str) -> Path:
        return self.folder / f"{code}.toml"

    def fault(self, code: str, where: str, sentence: str):
        self.faults.append(f"{self.path(code)}: {where}: {sentence}")

    def read(self):
        if not self.path(settings.LANGUAGE_CODE).is_file():
            self.faults.append(
                f"{self.path(settings.LANGUAGE_CODE)}: the file is missing; it is the source of all others."
            )
        for path in sorted(self.folder.glob("*.toml")):
            code = path.stem
            if code not in settings.CONTENT_LANGUAGES:
                known = ", ".join(settings.CONTENT_LANGUAGES)
                self.faults.append(f"{path}: “{code}” is no language of this site; name the file after one of {known}.")
                continue
            try:
                self.files[code] = tomllib.loads(path.read_text(encoding="utf-8"))
            except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
                self.faults.append(f"{path}: {error}. Mend the file there.")

    def check(self):
        for code, sections in self.files.items():
            for section, items in sections.items():
                if section not in self.models:
                    self.fault(code, section, f"unknown section; use one of {', '.join(self.models)}.")
                elif not isinstance(items, dict) or not all(isinstance(item, dict) for item in items.values()):
                    self.fault(code, section, f"write each item as a table: [{section}.some-key].")
                else:
                    for key, values in items.items():
                        self.check_item(code, self.models[section], key, values)

    def check_item(self, code: str, model: type[Content], key: str, values: dict):
        where = f"{model.content_section}.{key}"
        fields, translated = content_fields(model), translated_fields(model)
        is_source = code == settings.LANGUAGE_CODE
        if not is_source and key not in self.source.get(model.content_section, {}):
            self.fault(
                code, where, f"not in {self.path(settings.LANGUAGE_CODE).name}; correct the key, or add it there."
            )
            return
        try:
            model._meta.get_field("key").clean(key, None)
        except ValidationError as error:
            self.fault(code, where, f"the key is not allowed: {' '.join(error.messages)}")
        for name, value in values.items():
            if name == PAST_SLUGS and issubclass(model, SluggableContent):
                self.check_past_slugs(code, f"{where}.{name}", value)
            elif name not in fields:
                self.fault(code, f"{where}.{name}", f"unknown field; use one of {', '.join(sorted(fields))}.")
            elif not is_source and name not in translated:
                self.fault(code, f"{where}.{name}", "not a translated field; give it in the source file alone.")
            else:
                self.check_value(code, f"{where}.{name}", fields[name], value)
        if is_source:
            required = required_fields(model)
            for name in sorted(required - {name for name, value in values.items() if not is_empty(value)}):
                self.fault(code, f"{where}.{name}", "missing; it must have a value.")

    def check_value(self, code: str, where: str, model_field: models.Field, value):
        if isinstance(model_field, PictureField):
            self.check_picture(code, where, value)
        elif model_field.is_relation:
            section = model_field.related_model.content_section
            keys = value if model_field.many_to_many and isinstance(value, list) else [value]
            for key in keys:
                if not isinstance(key, str) or key not in self.source.get(section, {}):
                    self.fault(code, where, f"“{key}” is no key of [{section}]; correct it, or add that item.")
        elif (expected := wrong_type(model_field, value)) is not None:
            self.fault(code, where, f"must be {expected}, not {value!r}.")
        elif not is_empty(value):
            try:
                model_field.clean(str(value) if isinstance(value, float) else value, None)
            except ValidationError as error:
                self.fault(code, where, f"{' '.join(error.messages)} Correct the value {str(value)[:60]!r}.")

    def check_past_slugs(self, code: str, where: str, value):
        slug_field = PastSlug._meta.get_field("slug")
        try:
            sound = isinstance(value, list) and all(isinstance(slug, str) for slug in value)
            for slug in value if sound else ():
                validate_slug(slug)
                slug_field.clean(slug, None)
        except ValidationError:
            sound = False
        if not sound:
            self.fault(code, where, 'must be a list of addresses such as ["old-name", "older-name"].')

    def check_picture(self, code: str, where: str, value):
        path = self.folder / str(value)
        if not isinstance(value, str) or not path.resolve().is_relative_to(self.folder.resolve()):
            self.fault(code, where, "must be the path of a picture below the content folder.")
        elif not path.is_file():
            self.fault(code, where, f"there is no file {path}; add it, or correct the path.")
        else:
            try:
                with path.open("rb") as file:
                    clean_image(File(file, name=path.name))
            except ValidationError as error:
                self.fault(code, where, f"{path}: {' '.join(error.messages)}")

    def values(self, model: type[Content], key: str) -> dict[str, tuple[models.Field, object]]:
        """Stored field name → (field, value in the files) of one item, over all languages; absent is None."""
        found = {}
        for name, model_field in content_fields(model).items():
            if name in translated_fields(model):
                for code, sections in self.files.items():
                    item = sections.get(model.content_section, {}).get(key, {})
                    found[build_localized_fieldname(name, code)] = (model_field, item.get(name))
            else:
                found[name] = (model_field, self.source[model.content_section][key].get(name))
        return found

    def load(self, restore: bool = False) -> Report:
        """Write to the database what is new or changed in the files and untouched by staff.

        With `restore`, items come back that staff deleted. Raises ContentError, and changes nothing, where the
        database refuses an item.
        """
        report = Report()
        with transaction.atomic():
            loaded_before = {(row.section, row.key): row for row in ImportState.objects.all()}
            for section, model in self.models.items():
                present = dict(model.objects.values_list("key", "pk"))
                for key in self.source.get(section, {}):
                    loaded = loaded_before.get((section, key)) or ImportState(section=section, key=key)
                    if key in present:
                        self.update_item(present[key], loaded, report)
                    elif loaded.pk and not restore:
                        report.deleted_by_staff.append(str(loaded))
                    else:
                        loaded.digests = {}
                        self.create_item(model(key=key), loaded, report)
            self.keep_past_addresses()
        return report

    def keep_past_addresses(self):
        """Add the past addresses that the files name; whatever the site knows of an address already stays."""
        known = set(PastSlug.objects.values_list("section", "language", "slug"))
        named = {
            (section, code, slug): key
            for code, sections in self.files.items()
            for section, items in sections.items()
            for key, values in items.items()
            for slug in values.get(PAST_SLUGS, ())
        }
        PastSlug.objects.bulk_create(
            PastSlug(section=section, language=code, slug=slug, key=key)
            for (section, code, slug), key in named.items()
            if (section, code, slug) not in known
        )

    def create_item(self, item: Content, loaded: ImportState, report: Report):
        values = self.values(type(item), item.key)
        self.write(item, values, loaded)
        report.created.append(str(loaded))

    def update_item(self, pk: int, loaded: ImportState, report: Report):
        """Bring one item up to the files. Where they say nothing new of it, the item is not even read."""
        model = self.models[loaded.section]
        news = {
            name: (model_field, value)
            for name, (model_field, value) in self.values(model, loaded.key).items()
            if loaded.digests.get(name, [NOTHING])[0] != self.file_digest(model_field, value)
        }
        if not news:
            report.unchanged += 1
            return
        # Staff may be writing the item at this moment: wait for them, and keep what they wrote.
        item = locked(model, pk)
        if item is None:
            report.deleted_by_staff.append(str(loaded))
            return
        free = {}
        for name, (model_field, value) in news.items():
            stored = digest(stored_value(item, name, model_field))
            as_loaded = loaded.digests.get(name, [NOTHING, NOTHING])[1]
            if stored in (as_loaded, self.file_digest(model_field, value)):
                free[name] = (model_field, value)
            else:
                report.kept.append(f"{loaded}.{name}")
        before = {name: digest(stored_value(item, name, model_field)) for name, (model_field, _) in free.items()}
        self.write(item, free, loaded)
        if any(loaded.digests[name][1] != before[name] for name in free):
            report.updated.append(str(loaded))
        else:
            report.unchanged += 1

    def write(self, item: Content, values: dict, loaded: ImportState):
        """Save `values` in `item`, and remember them as loaded."""
        many = {}
        for name, (model_field, value) in values.items():
            if model_field.many_to_many:
                many[name] = model_field.related_model.objects.filter(key__in=value or [])
            else:
                setattr(item, name, self.python_value(model_field, value))
        self.save(item, many, str(loaded))
        for name, (model_field, value) in values.items():
            stored = digest(stored_value(item, name, model_field))
            loaded.digests[name] = [self.file_digest(model_field, value), stored]
        loaded.save()

    def save(self, item: Content, many: dict, where: str):
        try:
            with transaction.atomic():
                item.full_clean(exclude=self.empty_fields(item))
                item.save()
                for name, others in many.items():
                    getattr(item, name).set(others)
        except (ValidationError, IntegrityError) as error:
            messages = error.messages if isinstance(error, ValidationError) else [str(error)]
            path = self.path(settings.LANGUAGE_CODE)
            raise ContentError([f"{path}: {where}: {' '.join(messages)} Correct the item."]) from error

    @staticmethod
    def empty_fields(item: Content) -> set[str]:
        """Fields whose emptiness the check of the files has judged already."""
        return {f.name for f in item._meta.fields if is_empty(getattr(item, f.attname))}

    def file_digest(self, model_field: models.Field, value) -> str:
        if is_empty(value) or (not model_field.null and value == model_field.get_default()):
            return digest(None)
        if isinstance(model_field, PictureField):
            return digest(sha256((self.folder / value).read_bytes()).hexdigest())
        if model_field.many_to_many:
            return digest(sorted(value))
        if isinstance(model_field, models.DecimalField):
            number = Decimal(str(value))
            return digest(int(number) if number == number.to_integral_value() else float(number))
        return digest(value)

    def python_value(self, model_field: models.Field, value):
        if model_field.is_relation:
            return model_field.related_model.objects.get(key=value) if value else None
        if isinstance(model_field, PictureField) and value:
            path = self.folder / value
            with path.open("rb") as file:
                return clean_image(File(file, name=path.name))
        if value is None:
            return None if model_field.null else model_field.get_default()
        if isinstance(model_field, models.DecimalField):
            return Decimal(str(value))
        return value


def required_fields(model: type[Content]) -> set[str]:
    """The fields that the source file must give for `model`."""
    required = {name for name, f in content_fields(model).items() if not f.blank and not f.has_default()}
    if not is_translated(model):
        return required
    languages = translator.get_options_for_model(model).required_languages
    return (required - translated_fields(model)) | set(languages.get(settings.LANGUAGE_CODE, ()))


def wrong_type(model_field: models.Field, value) -> str | None:
    """What kind of value the field wants, if `value` is not of that kind; None if it is."""
    kinds = (
        (models.BooleanField, bool, "true or false"),
        (models.DateField, datetime.date, "a date such as 2022-01-31"),
        (models.DecimalField, (int, float), "a number"),
        (models.IntegerField, int, "a whole number"),
        ((models.CharField, models.TextField), str, "a text in quotes"),
    )
    for field_class, python_class, words in kinds:
        if isinstance(model_field, field_class):
            is_bool_for_number = isinstance(value, bool) and field_class is not models.BooleanField
            is_moment = isinstance(value, datetime.datetime)
            return None if isinstance(value, python_class) and not is_bool_for_number and not is_moment else words
    raise FieldDoesNotExist(f"content files know no field of the kind {type(model_field).__name__}")


def dump(folder: Path) -> list[Path]:
    """Write the content of the database into `folder`, in the form that `ContentFiles` reads; return the files.

    Texts of a language that has none give no file. Pictures are written below images/.
    """
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    documents: dict[str, dict] = {code: {} for code in settings.CONTENT_LANGUAGES}
    past = past_slugs()
    for section, model in content_models().items():
        for item in model.objects.order_by("pk"):
            for code, values in dump_item(item, folder).items():
                # One that the item has again is no past one.
                if slugs := [slug for slug in past[section, item.key, code] if slug != values.get("slug")]:
                    values[PAST_SLUGS] = slugs
                if values or code == settings.LANGUAGE_CODE:
                    documents[code].setdefault(section, {})[item.key] = values
    written = []
    for code, document in documents.items():
        if document or code == settings.LANGUAGE_CODE:
            path = folder / f"{code}.toml"
            path.write_text(tomli_w.dumps(document), encoding="utf-8")
            written.append(path)
    return written


def past_slugs() -> dict[tuple[str, str, str], list[str]]:
    """Section, key and language of an item → its past addresses there."""
    found = defaultdict(list)
    for past in PastSlug.objects.order_by("pk"):
        found[past.section, past.key, past.language].append(past.slug)
    return found


def dump_item(item: Content, folder: Path) -> dict[str, dict]:
    """Language → field name → value of one item, without empty fields and defaults."""
    values: dict[str, dict] = {code: {} for code in settings.CONTENT_LANGUAGES}
    for name, model_field in content_fields(type(item)).items():
        if name in translated_fields(type(item)):
            for code in settings.CONTENT_LANGUAGES:
                value = stored_value(item, build_localized_fieldname(name, code), model_field)
                if not is_empty(value):
                    values[code][name] = value
            continue
        value = stored_value(item, name, model_field)
        if isinstance(model_field, PictureField) and value:
            value = dump_picture(getattr(item, name), folder)
        if not is_empty(value):
            values[settings.LANGUAGE_CODE][name] = value
    return values


def dump_picture(file, folder: Path) -> str:
    relative = Path("images") / file.name
    target = folder / relative
    target.parent.mkdir(parents=True, exist_ok=True)
    with file.storage.open(file.name) as source:
        target.write_bytes(source.read())
    return relative.as_posix()
