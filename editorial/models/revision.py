"""Revisions: every state that an item had, and the draft beside it."""

import copy
from collections import defaultdict
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from django.apps import apps
from django.conf import settings
from django.contrib.auth import get_user_model
from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import ValidationError
from django.db import IntegrityError, models, transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from editorial.acting import SYSTEM, acting_staff
from editorial.models.content import Content
from editorial.required_languages import OutdatedTextsError, outdated_texts
from editorial.revisions import snapshots, sources
from editorial.revisions.snapshots import Conflict, Link, Snapshot
from triggers.locks import StaleReadError, locked

# The comment of the changes that `RevisionQuerySet.recorded` records, or None outside of it.
_comment: ContextVar[str | None] = ContextVar("comment", default=None)
RESTORED_FROM_BIN, EXCHANGE_FILE = "Restored from the bin", "Exchange file"
# Comments of the program, as they are stored → as they are shown.
PROGRAM_COMMENTS = {RESTORED_FROM_BIN: _("Restored from the bin"), EXCHANGE_FILE: _("Exchange file")}
# Number of revisions that are searched for the value with which a form was opened.
REVISIONS_SEARCHED = 20
# Model and primary key of an item → the links to it that are no longer stored.
LostLinks = dict[tuple[type[models.Model], Any], list[Link]]


class UnrecordedChange(models.Model):
    """An item that changed since its last revision was recorded.

    Database triggers write the rows (`triggers.py`), so bulk updates and plain SQL are noticed too.
    """

    model = models.CharField(max_length=100)
    object_id = models.BigIntegerField()

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return f"{self.model} {self.object_id}"


class DraftConflictError(Exception):
    """The draft and the live item changed the same values differently. `conflicts` has them."""

    def __init__(self, conflicts: list[Conflict]):
        super().__init__(f"{len(conflicts)} values were changed on both sides.")
        self.conflicts = conflicts


class InvalidDraftError(IntegrityError):
    """The values of the draft are not valid any more, such as an address that another page took meanwhile.

    An IntegrityError, so that code handles it as it handles a refusal by the database.
    """


class RevisionQuerySet(models.QuerySet["Revision"]):
    def of(self, item: models.Model) -> "RevisionQuerySet":
        """Revisions of `item`, the latest first."""
        return self.of_key(type(item), item.pk)

    def of_key(self, model: type[models.Model], key: Any) -> "RevisionQuerySet":
        """Revisions of the item with this primary key, which may be deleted, the latest first."""
        kind = ContentType.objects.get_for_model(model)
        return self.filter(content_type=kind, object_id=key).order_by("-pk")

    def open(self) -> "RevisionQuerySet":
        """Drafts, also those that wait for approval or are approved."""
        return self.filter(state__in=OPEN_STATES)

    def beside_live(self) -> "RevisionQuerySet":
        """Open drafts of items that are stored already, not of new ones."""
        return self.open().filter(base__isnull=False)

    def of_models(self, models: Collection[type[models.Model]]) -> "RevisionQuerySet":
        return self.filter(content_type__in=ContentType.objects.get_for_models(*models).values())

    def live(self) -> "RevisionQuerySet":
        return self.filter(state=Revision.State.LIVE)

    def bin(self) -> "RevisionQuerySet":
        """Deleted items, as they were before their deletion."""
        return self.filter(state=Revision.State.DELETED)

    def last_values(self, item: Content, field: str) -> list[Any]:
        """Return the values of a field of `item` in its last revisions, the latest first."""
        row = snapshots.row_of(item)
        revisions = self.of(item.owner).values_list("data", flat=True)
        return [data.get(row, {}).get(field) for data in revisions[:REVISIONS_SEARCHED]]

    def drafts_by_key(self, model: type[models.Model], keys: Collection[int]) -> dict[int, "Revision"]:
        """Return primary key → open draft, for the items that have one. Takes one query, without the texts."""
        kind = ContentType.objects.get_for_model(model)
        drafts = self.open().filter(content_type=kind, object_id__in=keys).select_related("author").defer("data")
        return {draft.object_id: draft for draft in drafts}

    def draft_of(self, item: models.Model) -> "Revision | None":
        """Return the open draft of `item`, or None."""
        return self.of(item).open().select_related("base", "author").first()

    def drafts_naming(
        self, model: type[models.Model], keys: Collection[int], *, protecting: bool = False
    ) -> list["Revision"]:
        """Return the drafts beside live items that refer to items of `model`. Takes one query.

        `protecting` leaves out references that would not prevent a deletion if they were stored.
        """
        fields = {
            (field.model, field.name)
            for field in snapshots.referring_fields(model)
            if not protecting or getattr(field.remote_field, "on_delete", None) is models.PROTECT
        }
        if not fields:
            return []
        drafts = self.beside_live().select_related("content_type").order_by("pk")
        return [
            draft
            for draft in drafts
            if any(
                key in keys and (field.model, field.name) in fields
                for _row, field, key in snapshots.references(draft.model_class, draft.data)
            )
        ]

    @contextmanager
    def recorded(self, comment: str = "") -> Iterator[None]:
        """Run code in a transaction, and record the items that it changed as revisions of the acting member of staff.

        `comment` says why they were changed.
        """
        with transaction.atomic():
            # Changes that nobody recorded, such as those by plain SQL.
            self.record(author_name=SYSTEM)
            token = _comment.set(comment)
            try:
                yield
            finally:
                _comment.reset(token)
            self.record(comment)

    def record(self, comment: str = "", author_name: str | None = None) -> list["Revision"]:
        """Record each changed item as a revision. Return the new revisions.

        An item whose values are those of its last recorded revision gets none.
        """
        pending: dict[str, set[int]] = defaultdict(set)
        with transaction.atomic():
            rows = list(UnrecordedChange.objects.values_list("pk", "model", "object_id"))
            if not rows:
                return []
            for _pk, label, key in rows:
                pending[label].add(key)
            UnrecordedChange.objects.filter(pk__in=[pk for pk, _label, _key in rows]).delete()
            author = author_name if author_name is not None else acting_staff()
            new: list[Revision] = []
            lost: LostLinks = defaultdict(list)
            for label, keys in pending.items():
                new += self._record_items(apps.get_model(label), keys, author, comment, lost)
            # After all kinds, because any of them may have linked to a deleted item.
            deleted = [revision for revision in new if revision.state == State.DELETED]
            for revision in deleted:
                revision.links = lost.get((revision.model_class, revision.object_id), [])
            Revision.objects.bulk_update([revision for revision in deleted if revision.links], ["links"])
            return new

    def _record_items(
        self, model: type[Content], keys: set[int], author_name: str, comment: str, lost: LostLinks
    ) -> list["Revision"]:
        """Record items of one kind. Add the links to other items that they have no longer to `lost`."""
        stored = snapshots.take(model, keys)
        kind = ContentType.objects.get_for_model(model)
        known = self.filter(content_type=kind, object_id__in=keys)
        # The revisions that describe the stored row: live ones, drafts of items that never were live, and deleted ones.
        rows = known.filter(models.Q(state__in=[State.LIVE, State.DELETED]) | models.Q(state__in=OPEN_STATES))
        by_key: dict[int, list[Revision]] = defaultdict(list)
        for revision in rows.order_by("pk"):
            by_key[revision.object_id].append(revision)
        new: list[Revision] = []
        deleted = {}
        all_ended: list[int] = []
        for key in sorted(keys):
            last = next((r for r in by_key[key] if not (r.is_open and r.base_id)), None)
            draft = next((r for r in by_key[key] if r.is_open), None)
            snapshot = stored.get(key)
            if snapshot is None:
                # An item that was taken off the site beside a draft has only past revisions of its rows.
                last = last or self.filter(content_type=kind, object_id=key, base=None).order_by("-pk").first()
                if last is None or last.state == State.DELETED:
                    continue
                data, state = last.data, State.DELETED
                deleted[key] = data
                ended = by_key[key]
            elif last is not None and last.state != State.DELETED and last.data == snapshot:
                continue
            else:
                data = snapshot
                if model.is_live(snapshot[snapshots.ITEM]):
                    state = State.LIVE
                else:
                    state = State.PAST if draft and draft.base_id else State.DRAFT
                ended = [last] if last else []
            if last is not None:
                present = snapshots.links(model, key, snapshot or {})
                for link, targets in snapshots.links(model, key, last.data).items():
                    for target in targets - present.get(link, set()):
                        lost[target].append(link)
            all_ended += [revision.pk for revision in ended]
            new.append(
                Revision(
                    content_type=kind,
                    object_id=key,
                    state=state,
                    data=data,
                    comment=comment,
                    heading=model.heading_of(data[snapshots.ITEM]),
                )
            )
        self.filter(pk__in=all_ended).update(state=State.PAST)
        # Restored items have no links. Local import, because the model refers to this one.
        from editorial.models.preview import PreviewLink

        links = PreviewLink.objects.filter(revision__content_type=kind, revision__object_id__in=deleted)
        links.filter(revoked_at=None).update(revoked_at=timezone.now())
        states = sources.states_of(model, deleted)
        for recorded in new:
            recorded.translations = states.get(recorded.object_id, {})
        return self.create_revisions(new, author_name)

    def create_revisions(self, revisions: list["Revision"], author_name: str) -> list["Revision"]:
        """Store new revisions and the names of their files."""
        user_model = get_user_model()
        author = None
        if author_name and author_name != SYSTEM:
            author = user_model._default_manager.filter(**{user_model.USERNAME_FIELD: author_name}).first()
        now = timezone.now()
        for revision in revisions:
            revision.author, revision.author_name, revision.created_at = author, author_name, now
        created = Revision.objects.bulk_create(revisions)
        RevisionFile.objects.bulk_create(
            RevisionFile(revision=revision, file=name)
            for revision in created
            for name in sorted(snapshots.file_names(revision.model_class, revision.data))
        )
        return created

    def draft_beside(self, item: Content) -> "Revision | None":
        """Return the draft of the item that `item` belongs to, if it differs from the stored rows, or None."""
        draft = self.draft_of(item.owner) if item.has_drafts else None
        return draft if draft and draft.base_id else None

    def save_text(self, draft: "Revision | None", item: Content, field: str, text: str) -> "Revision":
        """Save a draft with `text` in a field of `item`, which may be a part. Return it.

        `draft` is the present draft, or None if there is none beside the stored rows. Raises StaleReadError if it was
        changed or closed after it was read.
        """
        with transaction.atomic():
            owner = item.owner
            locked(type(owner), owner.pk)
            if self.draft_beside(item) != draft:
                raise StaleReadError(item)
            data = draft.merged()[0] if draft else snapshots.take(type(owner), [owner.pk])[owner.pk]
            row = snapshots.row_of(item)
            data[row][field] = text
            confirmed = copy.deepcopy(draft.confirmed) if draft else {}
            confirmed.setdefault(row, {})[field] = sources.digest(
                data[row].get(sources.source_column(type(item), field)) or ""
            )
            return self.save_draft(owner, data, confirmed=confirmed)

    def save_draft(
        self,
        item: Content,
        data: Snapshot,
        comment: str = "",
        *,
        is_resolved: bool = False,
        confirmed: sources.Confirmed | None = None,
    ) -> "Revision":
        """Store `data` as the draft of `item`, in place of its earlier draft.

        `confirmed` has the translations that translators confirmed; without it, those of the earlier draft stay.

        The draft starts from the live revision, unless the earlier draft has conflicts with it and `data` is not
        resolved.
        """
        with transaction.atomic():
            locked(type(item), item.pk)
            # Earlier changes: of the same person, as in a file with several items, or of the program.
            recorded_comment = _comment.get()
            self.record(recorded_comment or "", author_name=SYSTEM if recorded_comment is None else None)
            live = self.of(item).live().first()
            earlier = self.draft_of(item)
            # An item that was taken off the site beside its draft has no live revision.
            base = live or (earlier.base if earlier else None)
            if earlier and earlier.base and not is_resolved and earlier.conflicts():
                base = earlier.base
            self.of(item).open().update(state=State.PAST)
            draft = Revision(
                content_type=ContentType.objects.get_for_model(item),
                object_id=item.pk,
                state=State.DRAFT,
                data=data,
                base=base,
                comment=comment,
                heading=type(item).heading_of(data[snapshots.ITEM]),
                confirmed=confirmed if confirmed is not None else (earlier.confirmed if earlier else {}),
            )
            snapshots.reserve_keys(type(item), data)
            return self.create_revisions([draft], acting_staff())[0]


class State(models.TextChoices):
    DRAFT = "draft", _("draft")
    IN_REVIEW = "review", _("in review")
    APPROVED = "approved", _("approved")
    LIVE = "live", _("live")
    PAST = "past", _("past")
    DELETED = "deleted", _("deleted")


OPEN_STATES = (State.DRAFT, State.IN_REVIEW, State.APPROVED)


class Revision(models.Model):
    """The values of an item in all languages, with its parts and links, at one time.

    The live revision equals the stored rows. A draft of a live item is not stored in these rows: it knows the live
    revision that it started from (`base`). A draft of an item that is not on the site equals the stored rows and has no
    base. The revision of a deleted item has the values from before its deletion.
    """

    State = State

    content_type = models.ForeignKey(ContentType, models.CASCADE, editable=False)
    object_id = models.BigIntegerField(editable=False)
    heading = models.CharField(_("name"), max_length=200)
    state = models.CharField(_("state"), max_length=10, choices=State)
    data = models.JSONField()
    # Of a deleted item: the translations that were not current, see editorial/revisions/sources.py.
    translations = models.JSONField(default=dict)
    # Of a deleted item: the links of other items to it, see editorial/revisions/snapshots.py.
    links = models.JSONField(default=list)
    # Of a draft: the translations that translators confirmed, see editorial/revisions/sources.py.
    confirmed = models.JSONField(default=dict)
    base = models.ForeignKey("self", models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField(_("time"))
    author = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    author_name = models.CharField(_("author"), max_length=150)
    comment = models.CharField(_("comment"), max_length=300, blank=True)

    objects = RevisionQuerySet.as_manager()

    class Meta:
        verbose_name = _("revision")
        verbose_name_plural = _("revisions")
        # Erasing of personal data from items of all kinds.
        default_permissions = ("erase",)
        ordering = ("-pk",)
        indexes = [
            models.Index(fields=["content_type", "object_id", "-id"], name="revision_of_item"),
            models.Index(fields=["state", "-id"], name="revision_state"),
            models.Index(fields=["state", "content_type", "-id"], name="revision_of_kind"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["content_type", "object_id"],
                condition=models.Q(state__in=["draft", "review", "approved"]),
                name="one_open_draft",
            ),
            models.UniqueConstraint(
                fields=["content_type", "object_id"], condition=models.Q(state="live"), name="one_live_revision"
            ),
        ]

    def __str__(self) -> str:
        return self.heading

    @property
    def is_open(self) -> bool:
        return self.state in OPEN_STATES

    @property
    def model_class(self) -> type[Content]:
        return self.content_type.model_class()  # type: ignore[return-value]  # only content has revisions

    @property
    def shown_comment(self) -> str:
        """The comment, in the active language if it is one of the program."""
        return str(PROGRAM_COMMENTS.get(self.comment, self.comment))

    @property
    def item(self) -> Content | None:
        """The stored item, or None if it is deleted."""
        return self.model_class._base_manager.filter(pk=self.object_id).first()

    @property
    def previous(self) -> "Revision | None":
        """The revision that this one changed: the one that a draft started from, or the one before."""
        if self.base:
            return self.base
        earlier = Revision.objects.of_key(self.model_class, self.object_id).filter(pk__lt=self.pk, base=None)
        return earlier.first()

    def stored(self) -> Snapshot:
        """Return the stored values of the item."""
        return snapshots.take(self.model_class, [self.object_id])[self.object_id]

    def merged(self, stored: Snapshot | None = None) -> tuple[Snapshot, list[Conflict]]:
        """Return this draft with the changes of the live item since it was begun, and the conflicts.

        `stored` are the stored values of the item, if the caller has read them already.
        """
        if self.base is None:
            return self.data, []
        return snapshots.merge(self.base.data, stored or self.stored(), self.data)

    def conflicts(self) -> list[Conflict]:
        return self.merged()[1]

    def resolve(self, values: dict[tuple[str, str], Any]) -> "Revision":
        """Save a draft with the chosen value for the row and field of each conflict. Return the new draft.

        The value of a whole part, with the field "", is its values, or None if the part is deleted. Raises
        DraftConflictError if there are conflicts without a chosen value, because the live item changed again.
        """
        merged, conflicts = self.merged()
        if unresolved := [c for c in conflicts if (c.row, c.field) not in values]:
            raise DraftConflictError(unresolved)
        for conflict in conflicts:
            value = values[conflict.row, conflict.field]
            if conflict.field:
                merged[conflict.row][conflict.field] = value
            elif value is None:
                merged.pop(conflict.row, None)
            else:
                merged[conflict.row] = value
        item = self.model_class._base_manager.get(pk=self.object_id)
        return Revision.objects.save_draft(item, merged, self.comment, is_resolved=True)

    def write(self, values: Snapshot) -> Content:
        """Write `values` into the stored rows, and mark the translations as current that translators confirmed."""
        item = snapshots.write(self.model_class, self.object_id, values)
        sources.confirm(self.model_class, self.object_id, values, self.confirmed)
        return item

    def publish(self, comment: str = "") -> Content:
        """Put this draft on the site.

        Only values that the draft changed are written. Raises DraftConflictError, and changes nothing, if the live
        item changed some of them differently since the draft was begun, InvalidDraftError if its values are not valid
        any more, OutdatedTextsError if it lacks texts in a language that the installation requires, and IntegrityError
        if it refers to a deleted item.
        """
        with Revision.objects.recorded(comment or self.comment):
            locked(self.model_class, self.object_id)
            stored = self.stored()
            merged, conflicts = self.merged(stored)
            if conflicts:
                raise DraftConflictError(conflicts)
            if snapshots.refers_to_deleted(self.model_class, merged):
                raise IntegrityError("The draft refers to a deleted item.")
            unchanged = {row for row, values in stored.items() if merged.get(row) == values}
            merged[snapshots.ITEM]["is_published"] = True
            item = self.write(merged)
            check(item, unchanged)
            if texts := outdated_texts(item):
                raise OutdatedTextsError(", ".join(map(str, texts)))
            self.close()
        return item

    def close(self) -> None:
        """End this draft, because it was published or given up. It stays in the history."""
        Revision.objects.filter(pk=self.pk).update(state=State.PAST)
        self.state = State.PAST


def check(item: Content, unchanged: set[str]) -> None:
    """Raise InvalidDraftError if `item`, or a part outside the rows `unchanged`, is not valid as it is stored."""
    parts = (
        part
        for section, parts in snapshots.parts_of(type(item)).items()
        for part in parts.of([item.pk])
        if f"{section}.{part.pk}" not in unchanged
    )
    for row in (item, *parts):
        try:
            row.full_clean()
        except ValidationError as error:
            raise InvalidDraftError(described(row, error)) from error


def described(item: Content, error: ValidationError) -> str:
    """Return the messages of an error of `full_clean`, each after the name of its field."""
    labels = {field.name: str(field.verbose_name) for field in item._meta.fields}
    texts = [(labels.get(name), " ".join(messages)) for name, messages in error.message_dict.items()]
    return " ".join(f"{label}: {text}" if label else text for label, text in texts)


class RevisionFile(models.Model):
    """An uploaded file that a revision names, so that it is kept while the revision exists."""

    revision = models.ForeignKey(Revision, models.CASCADE, related_name="files")
    file = models.FileField(max_length=255, db_index=True)

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return self.file.name or ""

    @classmethod
    def kinds_naming(cls, name: str) -> set[type[models.Model]]:
        """Return the kinds of the items whose revisions name the file `name`."""
        kinds = cls.objects.filter(file=name).order_by().values_list("revision__content_type", flat=True).distinct()
        return {ContentType.objects.get_for_id(kind).model_class() for kind in kinds} - {None}  # type: ignore[return-value]
