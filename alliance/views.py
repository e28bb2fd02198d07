"""The alliance's pages, and the two that look over the whole site: the overview and the search."""

from django.conf import settings
from django.core.paginator import Paginator
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_safe

from alliance.models import Alliance, AudienceBenefit, Deliverable, Figure, Initiative, KeyArea, Milestone, WayIn
from alliance.search import SearchForm, find
from delivery.decorators import stored
from pages.models import Page
from partners.map import points
from partners.models import THREADS, PartnerUniversity


def the_alliance() -> Alliance:
    """The alliance with its texts and host. Raises Http404 before any content is loaded."""
    alliance = Alliance.objects.select_related("host").first()
    if alliance is None:
        raise Http404("no alliance is entered yet")
    return alliance


def render_section(request, kind: str, template: str, **context):
    """Answer with the page of the section `kind`."""
    page = Page.objects.section(kind)
    return render(request, template, {"page": page, "subject": page, "universities": universities(), **context})


def universities():
    """Those whose threads make the cloth above a page's heading."""
    return PartnerUniversity.objects.published().for_cloth()[:THREADS]


@stored()
@require_safe
def home(request):
    alliance = the_alliance()
    current = list(PartnerUniversity.objects.published().for_map())
    return render_section(
        request,
        Page.Kind.HOME,
        "alliance/home.html",
        alliance=alliance,
        figures=Figure.objects.published(),
        key_areas=KeyArea.objects.published(),
        deliverables=Deliverable.objects.published().defer("body"),
        tasks=alliance.host.tasks.published().defer("body"),
        ways_in=WayIn.objects.published().with_links(),
        universities=current[:THREADS],
        points=points(current),
    )


@stored()
@require_safe
def vision(request):
    return render_section(
        request,
        Page.Kind.VISION,
        "alliance/vision.html",
        alliance=the_alliance(),
        benefits=AudienceBenefit.objects.published(),
    )


@stored()
@require_safe
def deliverable_list(request):
    return render_section(
        request,
        Page.Kind.DELIVERABLES,
        "alliance/deliverable_list.html",
        deliverables=Deliverable.objects.published(),
    )


@stored()
@require_safe
def deliverable_detail(request, slug: str):
    deliverable = get_object_or_404(Deliverable.objects.published().select_related("cover").with_slug(slug)[:1])
    if deliverable.slug != slug:
        return redirect(deliverable, permanent=True)
    context = {
        "section": Page.objects.section(Page.Kind.DELIVERABLES),
        "deliverable": deliverable,
        "subject": deliverable,
        "universities": universities(),
        "others": Deliverable.objects.published().exclude(pk=deliverable.pk).defer("body"),
    }
    return render(request, "alliance/deliverable_detail.html", context)


@stored()
@require_safe
def initiative_list(request):
    return render_section(
        request,
        Page.Kind.INITIATIVES,
        "alliance/initiative_list.html",
        initiatives=Initiative.objects.published().with_parts(),
    )


@stored()
@require_safe
def initiative_detail(request, slug: str):
    initiative = get_object_or_404(Initiative.objects.published().select_related("cover").with_slug(slug)[:1])
    if initiative.slug != slug:
        return redirect(initiative, permanent=True)
    context = {
        "section": Page.objects.section(Page.Kind.INITIATIVES),
        "initiative": initiative,
        "subject": initiative,
        "universities": universities(),
        "parts": initiative.parts.published(),
        "tasks": initiative.tasks.published().select_related("partner"),
    }
    return render(request, "alliance/initiative_detail.html", context)


@stored()
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


@stored()
@require_safe
def milestone_list(request):
    return render_section(
        request, Page.Kind.MILESTONES, "alliance/milestone_list.html", milestones=Milestone.objects.published()
    )


@stored()
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


@require_safe
def styleguide(request):
    """Every piece of the design, for staff and developers. Raises Http404 for anybody else."""
    if not (settings.DEBUG or request.user.is_staff):
        raise Http404("the style guide is for staff")
    current = PartnerUniversity.objects.published().for_map()
    # One letter is too short to search for, so that a field with an error can be seen.
    form = SearchForm({"q": "x"})
    form.is_valid()
    context = {
        "alliance": the_alliance(),
        "universities": current,
        "points": points(current),
        "figures": Figure.objects.published(),
        "deliverables": Deliverable.objects.published().defer("body"),
        "form": form,
        "part_of_list": Paginator(range(30), 10).page(2),
    }
    return render(request, "alliance/styleguide.html", context)
