"""Previews: links that show a revision without an account, and forms that were previewed before they were saved."""

from datetime import timedelta
from typing import Any

from django.conf import settings
from django.contrib.contenttypes.models import ContentType
from django.core import signing
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.translation import gettext_lazy as _

from editorial.models.content import Content
from editorial.models.revision import Revision
from editorial.revisions import snapshots
from editorial.revisions.snapshots import Snapshot

# The forms that were previewed are deleted after this time, and links this long after they ended.
FORM_LIFETIME = timedelta(days=1)
KEPT_AFTER_END = timedelta(days=90)

# With a separator that an address need not escape.
link_signer = signing.Signer(sep=".", salt="editorial.preview-link")


class PreviewLinkQuerySet(models.QuerySet["PreviewLink"]):
    def valid(self) -> "PreviewLinkQuerySet":
        """Links that are neither expired nor revoked."""
        return self.filter(revoked_at=None, expires_at__gt=timezone.now())

    def with_revision(self) -> "PreviewLinkQuerySet":
        """Links with their revisions, without the texts."""
        return self.select_related("revision__content_type").defer("revision__data")

    def of_token(self, token: str) -> "PreviewLink | None":
        """Return the valid link with this token, or None. A link to an item that was deleted is not valid."""
        try:
            number, made_at = link_signer.unsign_object(token)
            found = self.valid().select_related("revision__content_type", "revision__base").filter(pk=number).first()
        except (signing.BadSignature, ValueError, TypeError):
            return None
        # After a backup was restored, another link can have the same number.
        if found is None or found.created_at.timestamp() != made_at or not found.shows_item:
            return None
        return found

    def delete_ended(self) -> int:
        """Delete the links that ended long ago. Return their number."""
        oldest = timezone.now() - KEPT_AFTER_END
        return self.filter(Q(expires_at__lt=oldest) | Q(revoked_at__lt=oldest)).delete()[0]


class PreviewLink(models.Model):
    """A link that shows a revision to people without an account, until it expires or is revoked."""

    revision = models.ForeignKey(Revision, models.CASCADE, related_name="preview_links", verbose_name=_("item"))
    author = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    author_name = models.CharField(_("made by"), max_length=150)
    created_at = models.DateTimeField(_("made on"), default=timezone.now)
    expires_at = models.DateTimeField(_("works until"), db_index=True)
    revoked_at = models.DateTimeField(_("revoked on"), null=True)

    objects = PreviewLinkQuerySet.as_manager()

    class Meta:
        verbose_name = _("preview link")
        verbose_name_plural = _("preview links")
        # A user who may view an item may see its links.
        default_permissions = ()
        ordering = ("-pk",)

    def __str__(self) -> str:
        return self.revision.heading

    def get_absolute_url(self) -> str:
        # In the query, because the access log contains paths without queries.
        return f"{reverse('preview')}?{urlencode({'link': self.token})}"

    @property
    def is_valid(self) -> bool:
        return self.revoked_at is None and self.expires_at > timezone.now()

    @property
    def shows_item(self) -> bool:
        """Whether the item of the revision exists."""
        return self.revision.state != Revision.State.DELETED and self.revision.item is not None

    @property
    def token(self) -> str:
        return link_signer.sign_object([self.pk, self.created_at.timestamp()])

    def revoke(self) -> None:
        """Make the link show nothing from now on."""
        self.revoked_at = timezone.now()
        self.save(update_fields=["revoked_at"])


class PreviewedFormQuerySet(models.QuerySet["PreviewedForm"]):
    def keep(self, user_id: int | None, item: Content, data: Snapshot) -> "PreviewedForm":
        """Store `data` as the form of `item` that the user previews. It replaces an earlier one."""
        form, _is_new = self.update_or_create(
            user_id=user_id,
            content_type=ContentType.objects.get_for_model(item),
            object_id=item.pk,
            defaults={"data": data, "created_at": timezone.now()},
        )
        form.files.all().delete()
        names = sorted(snapshots.file_names(type(item), data))
        PreviewedFile.objects.bulk_create(PreviewedFile(form=form, file=name) for name in names)
        return form

    def delete_old(self) -> int:
        """Delete the forms that were previewed before FORM_LIFETIME. Return the number of deleted rows."""
        return self.filter(created_at__lt=timezone.now() - FORM_LIFETIME).delete()[0]


class PreviewedForm(models.Model):
    """The values of a form that a member of staff previewed without saving it. Only that person sees them."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    content_type = models.ForeignKey(ContentType, models.CASCADE)
    # Of a new item, the primary key that it would have had.
    object_id = models.BigIntegerField()
    data = models.JSONField()
    created_at = models.DateTimeField(db_index=True)

    # The reverse of PreviewedFile.form.
    files: Any

    objects = PreviewedFormQuerySet.as_manager()

    class Meta:
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(fields=["user", "content_type", "object_id"], name="one_previewed_form_of_item")
        ]

    def __str__(self) -> str:
        return self.heading

    @property
    def model_class(self) -> type[Content]:
        return self.content_type.model_class()  # type: ignore[return-value]  # only content is previewed

    @property
    def heading(self) -> str:
        return self.model_class.heading_of(self.data[snapshots.ITEM])


class PreviewedFile(models.Model):
    """A file that was uploaded with a previewed form, so that it is kept as long as the form."""

    form = models.ForeignKey(PreviewedForm, models.CASCADE, related_name="files")
    file = models.FileField(max_length=255, db_index=True)

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return self.file.name or ""


def delete_ended() -> int:
    """Delete links that ended long ago, and old previewed forms. Return the number of deleted rows."""
    return PreviewLink.objects.delete_ended() + PreviewedForm.objects.delete_old()
