"""Pages of the admin besides the lists and forms of Django."""

from typing import Any

from django.contrib.admin import ModelAdmin
from django.http import HttpRequest
from django.template.response import TemplateResponse


def admin_page(
    model_admin: ModelAdmin, request: HttpRequest, template: str, context: dict[str, Any], status: int = 200
) -> TemplateResponse:
    """Return a page of `model_admin` with the header, sidebar and breadcrumbs of the admin."""
    request.current_app = model_admin.admin_site.name  # as Django's views do
    context = model_admin.admin_site.each_context(request) | {"opts": model_admin.opts} | context
    return TemplateResponse(request, template, context, status=status)
