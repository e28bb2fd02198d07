"""The alliance's pages, and the two that look over the whole site: the overview and the search."""

from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_safe

from alliance.models import Alliance, AudienceBenefit, Deliverable, Figure, Initiative, KeyArea, Milestone
from alliance.search import SearchForm, find
from pages.models import Page
from partners.models import PartnerUniversity


def the_alliance() -> Alliance:
    """The alliance with its texts and host. Raises Http404 before any content is loaded."""
    alliance = Alliance.objects.select_related("host").first()
    if alliance is None:
        raise Http404("no alliance is entered yet")
    return alliance


def render_section(request, kind: str, template: str, **context):
    """Answer with the page of the section `kind`."""
    page = Page.objects.section(kind)
    return render(request, template, {"page": page, "subject": page, **context})


@require_safe
def home(request):
    return render_section(
        request,
        Page.Kind.HOME,
        "alliance/home.html",
        alliance=the_alliance(),
        figures=Figure.objects.published(),
        key_areas=KeyArea.objects.published(),
        deliverables=Deliverable.objects.published().defer("body"),
    )


@require_safe
def vision(request):
    return render_section(
        request,
        Page.Kind.VISION,
        "alliance/vision.html",
        alliance=the_alliance(),
        benefits=AudienceBenefit.objects.published(),
    )


@require_safe
def deliverable_list(request):
    return render_section(
        request,
        Page.Kind.DELIVERABLES,
        "alliance/deliverable_list.html",
        deliverables=Deliverable.objects.published(),
    )


@require_safe
def deliverable_detail(request, slug: str):
    deliverable = get_object_or_404(Deliverable.objects.published().with_slug(slug)[:1])
    if deliverable.slug != slug:
        return redirect(deliverable, permanent=True)
    context = {
        "section": Page.objects.section(Page.Kind.DELIVERABLES),
        "deliverable": deliverable,
        "subject": deliverable,
        "others": Deliverable.objects.published().exclude(pk=deliverable.pk).defer("body"),
    }
    return render(request, "alliance/deliverable_detail.html", context)


@require_safe
def initiative_list(request):
    return render_section(
        request,
        Page.Kind.INITIATIVES,
        "alliance/initiative_list.html",
        initiatives=Initiative.objects.published().with_parts(),
    )


@require_safe
def initiative_detail(request, slug: str):
    initiative = get_object_or_404(Initiative.objects.published().with_slug(slug)[:1])
    if initiative.slug != slug:
        return redirect(initiative, permanent=True)
    context = {
        "section": Page.objects.section(Page.Kind.INITIATIVES),
        "initiative": initiative,
        "subject": initiative,
        "parts": initiative.parts.published(),
        "tasks": initiative.tasks.published().select_related("partner"),
    }
    return render(request, "alliance/initiative_detail.html", context)


@require_safe
def task_list(request):
    alliance = the_alliance()
    return render_section(
        request,
        Page.Kind.TASKS,
        "alliance/task_list.html",
        alliance=alliance,
        tasks=alliance.host.tasks.published().with_initiatives(),
    )


@require_safe
def milestone_list(request):
    return render_section(
        request, Page.Kind.MILESTONES, "alliance/milestone_list.html", milestones=Milestone.objects.published()
    )


@require_safe
def overview(request):
    return render_section(
        request,
        Page.Kind.SITEMAP,
        "alliance/overview.html",
        pages=Page.objects.published().defer("body", "lead", "description"),
        deliverables=Deliverable.objects.published().only("title", "slug"),
        initiatives=Initiative.objects.published().only("title", "slug"),
        partners=PartnerUniversity.objects.published().for_list(),
    )


@require_safe
def search(request):
    form = SearchForm(request.GET if "q" in request.GET else None)
    query = form.cleaned_data["q"] if form.is_valid() else ""
    return render_section(
        request, Page.Kind.SEARCH, "alliance/search.html", form=form, query=query, results=find(query) if query else []
    )
