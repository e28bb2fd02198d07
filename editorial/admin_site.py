"""The admin site: a form that is posted without a valid session or token is shown again as it was typed."""

from functools import partial, update_wrapper

from django.conf import settings
from django.contrib import admin
from django.contrib.auth import REDIRECT_FIELD_NAME

from editorial import unsaved
from health import errors
from security.same_site import is_from_this_site

# The views of a ModelAdmin whose posts are forms that somebody filled in.
FORM_VIEWS = {"add_view", "change_view", "changelist_view"}


class StaffSite(admin.AdminSite):
    def register(self, model_or_iterable, admin_class=None, **options):
        admin_class = admin_class or admin.ModelAdmin
        bases, place = (unsaved.UnsavedInputMixin, admin_class), {"__module__": admin_class.__module__}
        super().register(model_or_iterable, type(admin_class.__name__, bases, place), **options)

    def admin_view(self, view, cacheable=False):
        checked = super().admin_view(view, cacheable)

        def inner(request, *args, **kwargs):
            is_form = request.method == "POST" and view.__name__ in FORM_VIEWS
            if is_form and not self.has_permission(request):
                return self.sign_in_again(request, partial(checked, *args, **kwargs))
            return checked(request, *args, **kwargs)

        return update_wrapper(inner, view)

    def sign_in_again(self, request, view):
        """Ask for a sign-in at the address of the form, carrying what was posted; then show the form as typed."""
        if unsaved.CARRIED not in request.POST:
            return self.show_sign_in(request)
        response = self.login(request, self.sign_in_context(request))
        if not self.has_permission(request):
            return response
        # Signing in renewed the secret of the tokens, which the view's own check reads from the cookie.
        request.COOKIES[settings.CSRF_COOKIE_NAME] = request.META["CSRF_COOKIE"]
        return unsaved.show(request, view)

    def show_sign_in(self, request):
        """The empty sign-in form; the credentials that the request may hold are not looked at."""
        context = self.sign_in_context(request)
        return self.login(unsaved.by_get(request), context)

    def sign_in_context(self, request) -> dict:
        return {"typed": unsaved.UnsavedInput.of(request), REDIRECT_FIELD_NAME: request.get_full_path()}


def csrf_failure(request, reason=""):
    """Show the form of this site's own page with a fresh token, in place of a refusal. The post is not carried out."""
    match = request.resolver_match
    is_form = match is not None and "admin" in match.app_names and match.func.__name__ in FORM_VIEWS
    if not is_form or not is_from_this_site(request):
        return errors.csrf_failure(request, reason)
    if not admin.site.has_permission(request):
        return admin.site.show_sign_in(request)
    return unsaved.show(request, partial(match.func, *match.args, **match.kwargs))
