"""Loading of content files into the database, without overwriting changes of staff."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import IntegrityError, models, transaction

from editorial.content_files.reading import ContentError, ContentFiles
from editorial.content_files.schema import PAST_SLUGS, related_content
from editorial.content_files.values import EMPTY_DIGEST, digest, file_digest, is_empty, python_value, stored_value
from editorial.models import Content, ImportState, PastSlug, Revision
from triggers.locks import locked


class OtherSiteError(ContentError):
    """The database was filled with the content of another site."""


# Stored field name → (field, value in the files).
Values = dict[str, tuple[models.Field, Any]]


@dataclass
class Report:
    """Result of loading. Each entry is `section.key` of an item, or `section.key.field` in `kept`."""

    created: list[str] = field(default_factory=list)
    updated: list[str] = field(default_factory=list)
    kept: list[str] = field(default_factory=list)
    deleted_by_staff: list[str] = field(default_factory=list)
    unchanged: int = 0


def load(folder: Path, restore: bool = False) -> Report:
    """Write new and changed values of the content files in `folder` to the database, unless staff changed them.

    With `restore`, items that staff deleted are created again. Raises ContentError and changes nothing if the files
    have errors or the database refuses an item, and OtherSiteError if the database has the content of another site.
    """
    files = ContentFiles(folder)
    report = Report()
    with Revision.objects.recorded():
        states = {(row.section, row.key): row for row in ImportState.objects.all()}
        refuse_other_site(files, states)
        for section, model in files.models.items():
            stored_items = dict(model.objects.values_list("key", "pk"))
            for key in files.source.get(section, {}):
                state = states.get((section, key)) or ImportState(section=section, key=key)
                if key in stored_items:
                    update_item(files, stored_items[key], state, report)
                elif state.pk and not restore:
                    report.deleted_by_staff.append(str(state))
                else:
                    state.digests = {}
                    write_item(files, model(key=key), files.values(model, key), state)
                    report.created.append(str(state))
        add_past_slugs(files)
    return report


def refuse_other_site(files: ContentFiles, states: dict[tuple[str, str], ImportState]) -> None:
    """Raise OtherSiteError if the files say that they are another site's, because the content of both would mix.

    Staff can change what says so. Then the files may say the same.
    """
    identified = [(section, model) for section, model in files.models.items() if model.identity_fields]
    for section, model in identified:
        for item in model.objects.filter(key__in=files.source.get(section, {})):
            state = states.get((section, item.key))
            if state is None:
                continue
            values = files.values(model, item.key)
            for name in model.identity_fields:
                model_field, value = values[name]
                stored, in_file = stored_value(item, name, model_field), file_digest(model_field, value, files.folder)
                if in_file not in (digest(stored), state.digests.get(name, [EMPTY_DIGEST])[0]):
                    path, label = files.path(settings.LANGUAGE_CODE, section), str(model_field.verbose_name)
                    raise OtherSiteError([other_site_message(f"{path}: {state}.{name}", label, stored, value)])


def other_site_message(where: str, label: str, stored: str, value: str) -> str:
    return (
        f"{where}: the database has the content of a site whose {label} is “{stored}”; in the files it is “{value}”. "
        "Content of both would mix. Start these files with an empty database and an empty DATA_DIR, or set CONTENT_DIR "
        f"to the folder of “{stored}”. If only the {label} of the same site changes, change it in the admin first."
    )


def update_item(files: ContentFiles, pk: int, state: ImportState, report: Report) -> None:
    """Write the values of one item that changed in the files since the last import, unless staff changed them.

    An item without changed values in the files is not read from the database.
    """
    model = files.models[state.section]
    changed: Values = {
        name: (model_field, value)
        for name, (model_field, value) in files.values(model, state.key).items()
        if state.digests.get(name, [EMPTY_DIGEST])[0] != file_digest(model_field, value, files.folder)
    }
    if not changed:
        report.unchanged += 1
        return
    # Staff may be saving the item now, so lock it and read it again.
    item = cast(Content | None, locked(model, pk))
    if item is None:
        report.deleted_by_staff.append(str(state))
        return
    writable: Values = {}
    before = {}
    for name, (model_field, value) in changed.items():
        stored, in_file = digest(stored_value(item, name, model_field)), file_digest(model_field, value, files.folder)
        if stored == in_file:
            state.digests[name] = [in_file, stored]
        elif stored == state.digests.get(name, [EMPTY_DIGEST, EMPTY_DIGEST])[1]:
            writable[name] = (model_field, value)
            before[name] = stored
        else:
            report.kept.append(f"{state}.{name}")
    if writable:
        write_item(files, item, writable, state)
    else:
        state.save()
    if any(state.digests[name][1] != before[name] for name in writable):
        report.updated.append(str(state))
    else:
        report.unchanged += 1


def write_item(files: ContentFiles, item: Content, values: Values, state: ImportState) -> None:
    """Save `values` in `item`, and their digests in `state`. Raises ContentError."""
    links: dict[str, models.QuerySet] = {}
    for name, (model_field, value) in values.items():
        related = related_content(model_field)
        if related and model_field.many_to_many:
            links[name] = related.objects.filter(key__in=value or [])
        else:
            setattr(item, name, python_value(model_field, value, files.folder))
    try:
        with transaction.atomic():
            # The check of the files covers empty fields.
            item.full_clean(exclude={f.name for f in item._meta.fields if is_empty(getattr(item, f.attname))})
            item.save()
            for name, others in links.items():
                getattr(item, name).set(others)
    except (ValidationError, IntegrityError) as error:
        messages = error.messages if isinstance(error, ValidationError) else [str(error)]
        path = files.path(settings.LANGUAGE_CODE)
        raise ContentError([f"{path}: {state}: {' '.join(messages)} Correct the item."]) from error
    for name, (model_field, value) in values.items():
        stored = digest(stored_value(item, name, model_field))
        state.digests[name] = [file_digest(model_field, value, files.folder), stored]
    state.save()


def add_past_slugs(files: ContentFiles) -> None:
    """Store the past slugs in the files. Slugs that are stored already stay with their items."""
    stored = set(PastSlug.objects.values_list("section", "language", "slug"))
    in_files = {
        (section, code, slug): key
        for code, sections in files.files.items()
        for section, items in sections.items()
        for key, values in items.items()
        for slug in values.get(PAST_SLUGS, ())
    }
    PastSlug.objects.bulk_create(
        PastSlug(section=section, language=code, slug=slug, key=key)
        for (section, code, slug), key in in_files.items()
        if (section, code, slug) not in stored
    )
