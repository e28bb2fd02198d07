"""Approval of drafts: the button that asks for it, and the page of the decision."""

from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern
from django.utils.html import format_html
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _

from editorial.admin.history import preview_url
from editorial.admin.pages import admin_page
from editorial.admin.revisions import RevisionsMixin, comment_of, is_saved
from editorial.admin.schedule import mail_problem
from editorial.admin_urls import page_url
from editorial.mail import sends_mail
from editorial.models import ApprovalRequest, Content, DraftConflictError, InvalidDraftError, Revision, State
from editorial.models.schedule import CONFLICT, REFUSED
from editorial.required_languages import OutdatedTextsError
from editorial.revisions import restoring
from editorial.revisions.differences import differences, values_in_words
from editorial.revisions.snapshots import with_parts
from editorial.rights import publishers_of
from editorial.unsaved import form_with_unsaved_input
from translations.status.models import Translation

# Button of the form that saves the draft and asks for its approval.
ASK = "_ask"
# Buttons of the page of the decision.
PUBLISH, APPROVE, RETURN = "_publish", "_approve", "_return"


class DecisionForm(forms.Form):
    comment = forms.CharField(
        label=capfirst(_("comment")),
        max_length=1000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text=_("The author gets it by e-mail and reads it in the form. Needed if you return the draft."),
    )

    def __init__(self, *args: Any, returns: bool = False, **kwargs: Any):
        self.returns = returns
        super().__init__(*args, **kwargs)

    def clean_comment(self) -> str:
        comment = self.cleaned_data["comment"].strip()
        if self.returns and not comment:
            raise forms.ValidationError(_("Write what to change, so that the author knows."))
        return comment


class ApprovalMixin(RevisionsMixin):
    """Admin with approval of drafts. Asking is offered where somebody else may publish the item."""

    def publishes(self, request: HttpRequest, item: Any) -> bool:
        return ASK not in request.POST and super().publishes(request, item)

    def get_urls(self) -> list[URLPattern]:
        return [self.object_path("approval", self.approval_view), *super().get_urls()]

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        item = self.get_object(request, unquote(object_id)) if object_id and self.model.has_drafts else None
        if item is None:
            return super().changeform_view(request, object_id, form_url, extra_context)
        approval = ApprovalRequest.objects.of(item).select_related("revision", "asked_by", "decided_by").first()
        may_publish = self.may_publish(request, item)
        decides = approval is not None and approval.is_waiting and approval.asked_by != request.user and may_publish
        context = {
            # The latest request, if it is for the draft that the form shows.
            "approval": approval if approval and approval.revision.is_open else None,
            "approval_url": page_url(item, "approval", item.pk) if may_publish else "",
            "may_ask": not decides and publishers_of(item).exclude(pk=request.user.pk).exists(),
            "mail_problem": mail_problem(request),
        }
        response = super().changeform_view(request, object_id, form_url, context | (extra_context or {}))
        if is_saved(request, response):
            self.update_approval(request, item, approval)
        return response

    def update_approval(self, request: HttpRequest, item: Content, approval: ApprovalRequest | None) -> None:
        """Ask for approval if the user pressed the button. Otherwise close a request whose draft was published.

        `approval` is the latest request, as it was before the form was saved.
        """
        draft = Revision.objects.draft_of(item)
        if ASK in request.POST:
            self.ask(request, item, draft)
        elif approval and approval.is_waiting:
            if draft is None and self.publishes(request, item):
                approval.record(
                    ApprovalRequest.Decision.APPROVED,
                    request.user,
                    comment_of(request),
                    request.build_absolute_uri(page_url(item, "change", item.pk)),
                )
            elif draft and draft.state == State.DRAFT:
                messages.warning(
                    request,
                    _("The draft was changed, so it does not wait for approval any more. Ask again when it is ready."),
                )

    def ask(self, request: HttpRequest, item: Content, draft: Revision | None) -> None:
        asked = None
        if draft:
            url = request.build_absolute_uri(page_url(item, "approval", item.pk))
            asked = ApprovalRequest.objects.ask(draft, request.user, comment_of(request), url)
        if asked is None:
            messages.warning(request, _("There is no draft that could be approved, or it waits for approval already."))
        elif sends_mail():
            messages.success(request, _("Approval was asked for. Those who may publish the draft get an e-mail."))
        else:
            messages.success(
                request,
                _(
                    "Approval was asked for. This site sends no e-mail, because no mail server is set (EMAIL_URL). So "
                    "tell somebody who may publish the draft."
                ),
            )

    def approval_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Page with the request for approval of an item and the buttons for the decision."""
        item = self.get_object(request, unquote(object_id)) if self.model.has_drafts else None
        if item is None:
            return self._get_obj_does_not_exist_redirect(request, self.opts, object_id)  # type: ignore[attr-defined]
        if not self.may_publish(request, item):
            raise PermissionDenied
        related = ("revision__base", "revision__author", "asked_by", "decided_by")
        approval = ApprovalRequest.objects.of(item).select_related(*related).first()
        form = form_with_unsaved_input(DecisionForm, request)(
            data=request.POST if request.method == "POST" else None, returns=RETURN in request.POST
        )
        if request.method == "POST" and form.is_valid():
            # The request that the page showed may have ended meanwhile.
            is_shown = approval is not None and str(approval.pk) == request.POST.get("request")
            return self.decide(request, item, approval if is_shown else None, form.cleaned_data["comment"])
        context = {
            "original": item,
            "title": f"{_('Approval')}: {item}",
            "approval": approval,
            "form": form,
            "form_url": page_url(item, "change", item.pk),
            "mail_problem": mail_problem(request),
        }
        if approval and approval.is_waiting:
            context |= draft_context(approval.revision)
        return admin_page(self, request, "editorial/approval.html", context)

    def decide(
        self, request: HttpRequest, item: Content, approval: ApprovalRequest | None, comment: str
    ) -> HttpResponse:
        form_url = page_url(item, "change", item.pk)
        decision = ApprovalRequest.Decision.RETURNED if RETURN in request.POST else ApprovalRequest.Decision.APPROVED
        url = request.build_absolute_uri(form_url)
        try:
            with transaction.atomic():
                is_decided = approval is not None and approval.decide(decision, request.user, comment, url)
                if is_decided and PUBLISH in request.POST and approval:
                    approval.revision.publish()
                    self.log_change(request, item, [{"changed": {"fields": [str(self.opts.verbose_name)]}}])
        except (DraftConflictError, IntegrityError) as error:
            messages.error(request, CONFLICT if isinstance(error, DraftConflictError) else REFUSED)
            if isinstance(error, InvalidDraftError | OutdatedTextsError):
                messages.error(request, str(error))
            return HttpResponseRedirect(form_url)
        if not is_decided:
            text = _("The draft was changed, or somebody decided meanwhile. Nothing was saved. Look at it again.")
            messages.error(request, text)
            return HttpResponseRedirect(request.path)
        if decision == ApprovalRequest.Decision.RETURNED:
            messages.success(request, format_html(str(_("The draft of “{}” is returned to its author.")), item))
        elif PUBLISH in request.POST:
            self.report_published(request, item)
        else:
            messages.success(request, format_html(str(_("The draft of “{}” is approved.")), item))
        return HttpResponseRedirect(form_url)


def draft_context(draft: Revision) -> dict[str, Any]:
    """Return what a draft contains or changes, the states of its translations, and its conflicts, for the template."""
    model, values = draft.model_class, draft.merged()[0]
    context: dict[str, Any] = {
        "conflict": CONFLICT if draft.conflicts() else "",
        "is_new": draft.base is None,
        "differences": differences(model, draft.stored(), values) if draft.base else values_in_words(model, values),
        "preview_url": preview_url(draft) if model.has_page() else "",
    }
    with transaction.atomic():
        restoring.write_draft(draft)
        item = model._base_manager.get(pk=draft.object_id)
        context["translation_states"] = Translation.objects.of_items(with_parts(item)).statuses_by_language()
        transaction.set_rollback(True)
    return context
