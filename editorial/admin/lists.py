"""Separate lists for the rows that would make a form too long."""

from dataclasses import dataclass
from typing import Any

from django.contrib import admin
from django.contrib.admin import ModelAdmin
from django.core.paginator import Page, Paginator
from django.db.models import ManyToOneRel, Model
from django.http import HttpRequest, HttpResponse
from django.utils.http import urlencode
from django.utils.text import capfirst

from editorial.admin_urls import page_url, primary_key
from editorial.formsets import MAX_ROWS

# Rows that an inline shows in the form of an item. More rows are edited in pages of their own.
MAX_INLINE_ROWS = 30
# Parameters of the URL of a form: the inline that is shown alone, and the number of the page.
INLINE, PAGE = "inline", "p"


@dataclass(frozen=True)
class OwnList:
    """A link to rows of the item that the form does not show."""

    title: str
    count: int
    url: str


class ListsMixin(ModelAdmin):
    """Admin whose form links to the rows of an inline if there are many, and to the lists of related items.

    With the parameter `inline`, the form shows one page of the rows of this inline, and nothing else.
    """

    def get_inline_instances(self, request: HttpRequest, obj: Any = None) -> list[Any]:
        inlines = super().get_inline_instances(request, obj)
        if obj is None or obj.pk is None:
            return inlines
        alone = self.inline_alone(request, obj)
        if alone is not None:
            return [inline for inline in inlines if inline.model is alone]
        return [inline for inline in inlines if not self.is_long(request, inline, obj)]

    def inline_alone(self, request: HttpRequest, obj: Any) -> type[Model] | None:
        """Return the model of the inline that the form shows alone."""
        name = request.GET.get(INLINE)
        if obj is None or not name:
            return None
        inlines = super().get_inline_instances(request, obj)
        return next((inline.model for inline in inlines if inline.model._meta.model_name == name), None)

    def is_long(self, request: HttpRequest, inline: Any, obj: Any) -> bool:
        """Whether `inline` has too many rows for the form. A form that was submitted with its rows keeps them."""
        if row_count(request, inline, obj) <= MAX_INLINE_ROWS:
            return False
        return f"{prefix_of(request, inline, obj)}-TOTAL_FORMS" not in request.POST

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        return [] if self.inline_alone(request, obj) else super().get_fieldsets(request, obj)

    def get_formset_kwargs(self, request: HttpRequest, obj: Any, inline: Any, prefix: str) -> dict[str, Any]:
        kwargs = super().get_formset_kwargs(request, obj, inline, prefix)
        if self.inline_alone(request, obj):
            rows = inline.get_queryset(request)
            # The rows that were sent, because others may have added or deleted some.
            keys = sent_keys(request, prefix) if request.method == "POST" else page_of_rows(request, inline, obj)
            kwargs["queryset"] = rows.filter(pk__in=list(keys))
        return kwargs

    def render_change_form(self, request: Any, context: dict[str, Any], *args: Any, **kwargs: Any) -> HttpResponse:
        item = context.get("original")
        if item is not None:
            if self.inline_alone(request, item):
                (inline,) = self.get_inline_instances(request, item)
                context["rows_page"] = page_of_rows(request, inline, item)
                context["rows_title"] = capfirst(str(inline.model._meta.verbose_name_plural))
                context["rows_url"] = f"?{urlencode({INLINE: inline.model._meta.model_name})}&{PAGE}="
            else:
                context["own_lists"] = [*self.long_inlines(request, item), *self.related_lists(request, item)]
        return super().render_change_form(request, context, *args, **kwargs)

    def long_inlines(self, request: HttpRequest, item: Any) -> list[OwnList]:
        return [
            OwnList(
                capfirst(str(inline.model._meta.verbose_name_plural)),
                row_count(request, inline, item),
                f"?{urlencode({INLINE: inline.model._meta.model_name})}",
            )
            for inline in super().get_inline_instances(request, item)
            if self.is_long(request, inline, item)
        ]

    def related_lists(self, request: HttpRequest, item: Any) -> list[OwnList]:
        """Return the lists of other kinds of content that can be filtered by this item."""
        found = []
        for relation in self.opts.related_objects:
            model_admin: Any = admin.site._registry.get(relation.related_model)
            if type(relation) is not ManyToOneRel or model_admin is None:
                continue
            name = relation.field.name
            filters = [entry[0] if isinstance(entry, tuple) else entry for entry in model_admin.list_filter]
            if name not in filters or not model_admin.has_view_permission(request):
                continue
            count = model_admin.get_queryset(request).filter(**{name: item.pk}).count()
            query = urlencode({f"{name}__{relation.field.target_field.name}__exact": item.pk})
            name_of_kind = capfirst(str(relation.related_model._meta.verbose_name_plural))
            url = page_url(relation.related_model, "changelist")
            found.append(OwnList(name_of_kind, count, f"{url}?{query}"))
        return found


def rows_of(request: HttpRequest, inline: Any, obj: Any) -> Any:
    formset = inline.get_formset(request, obj)
    return inline.get_queryset(request).filter(**{formset.fk.name: obj.pk})


def row_count(request: Any, inline: Any, obj: Any) -> int:
    """Return the number of rows, counted once in a request."""
    counts = request.__dict__.setdefault("inline_row_counts", {})
    key = (inline.model, obj.pk)
    if key not in counts:
        counts[key] = rows_of(request, inline, obj).count()
    return counts[key]


def page_of_rows(request: HttpRequest, inline: Any, obj: Any) -> Page:
    """Return the primary keys of the rows on the page that the URL names."""
    keys = rows_of(request, inline, obj).values_list("pk", flat=True)
    return Paginator(keys if keys.ordered else keys.order_by("pk"), MAX_INLINE_ROWS).get_page(request.GET.get(PAGE))


def prefix_of(request: HttpRequest, inline: Any, obj: Any) -> str:
    return inline.get_formset(request, obj).get_default_prefix()


def sent_keys(request: HttpRequest, prefix: str) -> set[int]:
    """Return the primary keys of the rows of a sent form."""
    sent = (request.POST.get(f"{prefix}-{number}-id", "") for number in range(MAX_ROWS))
    return {key for text in sent if (key := primary_key(text)) is not None}
