"""Admin site that shows a submitted form again if the session or the CSRF token is no longer valid."""

from collections.abc import Callable, Iterable
from functools import partial, update_wrapper
from typing import Any, cast

from django.conf import settings
from django.contrib import admin
from django.contrib.auth import REDIRECT_FIELD_NAME
from django.db.models import Model
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import path

from editorial import dashboard, manual, unsaved
from editorial.lookups import LookupsMixin
from health import errors
from security.same_site import is_from_this_site

# Views of a ModelAdmin whose POST requests are forms that a person filled in.
FORM_VIEWS = {"add_view", "change_view", "changelist_view", "schedule_view", "approval_view"}


class StaffSite(admin.AdminSite):
    """Admin site for staff."""

    index_template = "editorial/index.html"

    def index(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> TemplateResponse:
        return super().index(request, {"blocks": dashboard.blocks_for(request.user)} | (extra_context or {}))

    def register(
        self,
        model_or_iterable: type[Model] | Iterable[type[Model]],
        admin_class: type[admin.ModelAdmin] | None = None,
        **options: Any,
    ) -> None:
        admin_class = admin_class or admin.ModelAdmin
        bases = unsaved.UnsavedInputMixin, LookupsMixin, admin_class
        attributes = {"__module__": admin_class.__module__}
        super().register(model_or_iterable, type(admin_class.__name__, bases, attributes), **options)

    def admin_view(self, view: Any, cacheable: bool = False) -> Any:
        checked = super().admin_view(view, cacheable)

        def inner(request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
            is_form = request.method == "POST" and view.__name__ in FORM_VIEWS
            if is_form and not self.has_permission(request):
                return self.sign_in_again(request, partial(checked, *args, **kwargs))
            return checked(request, *args, **kwargs)

        return update_wrapper(inner, view)

    def get_urls(self) -> list[Any]:
        view = self.admin_view(unsaved.stored_input_view)
        return [
            path("unsaved-input/", view, name="unsaved_input"),
            path("help/<path:name>", self.admin_view(manual.manual_view), name="manual"),
            *super().get_urls(),
        ]

    def each_context(self, request: HttpRequest) -> dict[str, Any]:
        return super().each_context(request) | {"manual_url": manual.url_for(request)}

    def sign_in_again(self, request: HttpRequest, view: Callable[[HttpRequest], HttpResponse]) -> HttpResponse:
        """Show the sign-in page at the URL of the form. After sign-in, show the form with the submitted input."""
        if unsaved.INPUT_NAME not in request.POST:
            return self.show_sign_in(request)
        response = self.login(request, self.sign_in_context(request))
        if not self.has_permission(request):
            return response
        # Sign-in renewed the CSRF secret, which the view reads from the cookie.
        request.COOKIES[settings.CSRF_COOKIE_NAME] = request.META["CSRF_COOKIE"]
        return unsaved.redisplay(request, view)

    def show_sign_in(self, request: HttpRequest) -> HttpResponse:
        """Show an empty sign-in form, and ignore credentials in the request."""
        context = self.sign_in_context(request)
        return self.login(unsaved.as_get_request(request), context)

    def sign_in_context(self, request: HttpRequest) -> dict[str, Any]:
        return {
            "unsaved_input": unsaved.UnsavedInput.from_request(request),
            REDIRECT_FIELD_NAME: request.get_full_path(),
        }


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Show a form of this site again with a new token. Nothing is saved. Other requests get the error page."""
    match = request.resolver_match
    is_form = match is not None and "admin" in match.app_names and match.func.__name__ in FORM_VIEWS
    if match is None or not is_form or not is_from_this_site(request):
        return errors.csrf_failure(request, reason)
    if not admin.site.has_permission(request):
        return cast(StaffSite, admin.site).show_sign_in(request)
    return unsaved.redisplay(request, partial(match.func, *match.args, **match.kwargs))
