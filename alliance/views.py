"""The alliance's pages, and the two that look over the whole site: the overview and the search."""

from django.conf import settings
from django.contrib.sitemaps.views import index, sitemap
from django.core.paginator import Paginator
from django.forms import ModelChoiceField
from django.http import Http404
from django.shortcuts import redirect, render
from django.utils.translation import get_language
from django.views.decorators.http import require_safe

from alliance import cached
from alliance.cached import the_alliance
from alliance.feeds import MilestoneFeed
from alliance.models import Activity, AudienceBenefit, Deliverable, Figure, Initiative, KeyArea, Milestone, WayIn
from alliance.search import SearchForm, find
from alliance.sitemaps import sitemaps
from delivery.decorators import stored
from pages.cached import section
from pages.lists import ITEMS_A_PART, part_of
from pages.models import Page
from partners.cached import universities
from partners.map import points
from partners.models import MOST_ON_MAP, PartnerUniversity
from pictures.forms import PictureChoice
from pictures.models import Picture

# So much of one kind stands on one page of the overview, which shows no more than names.
NAMES_IN_OVERVIEW = 100


def render_section(request, kind: str, template: str, **context):
    """Answer with the page of the section `kind`."""
    page = section(request, kind)
    there = cached.languages(request, page)
    context = {
        "page": page,
        "subject": page,
        "languages_there": there,
        "universities": universities(request),
        **context,
    }
    return render(request, template, context)


@stored()
@require_safe
def home(request):
    alliance = the_alliance(request)
    # One more than is shown, to know whether there are more.
    deliverables = list(Deliverable.objects.published().defer("body")[: ITEMS_A_PART + 1])
    tasks = list(alliance.host.tasks.published().defer("body")[: ITEMS_A_PART + 1])
    return render_section(
        request,
        Page.Kind.HOME,
        "alliance/home.html",
        alliance=alliance,
        figures=Figure.objects.published().latest(),
        key_areas=KeyArea.objects.published(),
        deliverables=deliverables[:ITEMS_A_PART],
        has_more_deliverables=len(deliverables) > ITEMS_A_PART,
        # They lead to the first part of the list of tasks.
        tasks=tasks[:ITEMS_A_PART],
        has_more_tasks=len(tasks) > ITEMS_A_PART,
        ways_in=WayIn.objects.published().with_links(),
        points=points(universities(request)),
        has_more_universities=len(universities(request)) == MOST_ON_MAP,
    )


@stored()
@require_safe
def vision(request):
    return render_section(
        request,
        Page.Kind.VISION,
        "alliance/vision.html",
        alliance=the_alliance(request),
        benefits=AudienceBenefit.objects.published(),
    )


@stored("page")
@require_safe
def deliverable_list(request):
    return render_section(
        request,
        Page.Kind.DELIVERABLES,
        "alliance/deliverable_list.html",
        page_of_list=part_of(request, Deliverable.objects.published()),
    )


@stored("page")
@require_safe
def initiative_list(request):
    return render_section(
        request,
        Page.Kind.INITIATIVES,
        "alliance/initiative_list.html",
        page_of_list=part_of(request, Initiative.objects.published().with_parts()),
    )


def render_activity(request, kind: str, template: str, activity: Activity, **context):
    """Answer with the page of a deliverable or initiative, which belongs to the section `kind`."""
    others = type(activity).objects.published().defer("body").exclude(pk=activity.pk)
    context = {
        "section": section(request, kind),
        "activity": activity,
        "subject": activity,
        "universities": universities(request),
        "others": others[:ITEMS_A_PART],
        **context,
    }
    return render(request, template, context)


@stored()
@require_safe
def deliverable_detail(request, slug: str):
    deliverable = Deliverable.objects.published().select_related("cover").at(slug)
    if deliverable.slug != slug:
        return redirect(deliverable, permanent=True)
    return render_activity(request, Page.Kind.DELIVERABLES, "alliance/deliverable_detail.html", deliverable)


@stored("page")
@require_safe
def initiative_detail(request, slug: str):
    initiative = Initiative.objects.published().select_related("cover").at(slug)
    if initiative.slug != slug:
        return redirect(initiative, permanent=True)
    return render_activity(
        request,
        Page.Kind.INITIATIVES,
        "alliance/initiative_detail.html",
        initiative,
        parts=initiative.parts.published(),
        page_of_list=part_of(request, initiative.tasks.published().select_related("partner")),
    )


@stored("page")
@require_safe
def task_list(request):
    alliance = the_alliance(request)
    return render_section(
        request,
        Page.Kind.TASKS,
        "alliance/task_list.html",
        alliance=alliance,
        page_of_list=part_of(request, alliance.host.tasks.published().with_initiatives()),
    )


@stored("page")
@require_safe
def milestone_list(request):
    return render_section(
        request,
        Page.Kind.MILESTONES,
        "alliance/milestone_list.html",
        page_of_list=part_of(request, Milestone.objects.published()),
    )


@stored()
@require_safe
def milestone_feed(request):
    feed = MilestoneFeed()(request)
    # By its ETag a reader knows better whether it is another one.
    del feed.headers["Last-Modified"]
    return feed


@stored("page")
@require_safe
def overview(request):
    partners = PartnerUniversity.objects.published().for_list()
    pages = list(Page.objects.published().defer("body", "lead", "description"))
    return render_section(
        request,
        Page.Kind.SITEMAP,
        "alliance/overview.html",
        pages_of_alliance=[page for page in pages if page.is_of_alliance],
        pages_of_site=[page for page in pages if not page.is_of_alliance],
        deliverables=Deliverable.objects.published().defer("body")[:NAMES_IN_OVERVIEW],
        initiatives=Initiative.objects.published().defer("body")[:NAMES_IN_OVERVIEW],
        page_of_list=part_of(request, partners, NAMES_IN_OVERVIEW),
    )


@require_safe
def search(request):
    form = SearchForm(request.GET if "q" in request.GET else None)
    query = form.cleaned_data["q"] if form.is_valid() else ""
    results = find(query, cached.search_entries(request, get_language())) if query else []
    return render_section(request, Page.Kind.SEARCH, "alliance/search.html", form=form, query=query, results=results)


@stored()
@require_safe
def sitemap_xml(request):
    """For search engines: https://www.sitemaps.org/protocol.html."""
    parts = sitemaps()
    if any(part.paginator.num_pages > 1 for part in parts.values()):
        return index(request, parts, sitemap_url_name="sitemap-part")
    return sitemap(request, parts)


@stored("p")
@require_safe
def sitemap_part(request, section: str):
    """One file of many. Raises Http404 for a section or page that is not there."""
    return sitemap(request, sitemaps(), section)


@require_safe
def styleguide(request):
    """Every piece of the design, for staff and developers. Raises Http404 for anybody else."""
    if not (settings.DEBUG or request.user.is_staff):
        raise Http404("the style guide is for staff")
    current = universities(request)
    # One letter is too short to search for, so that a field with an error can be seen.
    form = SearchForm({"q": "x"})
    form.is_valid()
    choice = ModelChoiceField(
        Picture.objects.all(), widget=PictureChoice("A picture"), required=False, empty_label="no picture"
    )
    context = {
        "alliance": the_alliance(request),
        "picture_choice": choice.widget.render("picture", "", {"id": "picture"}),
        "universities": current,
        "points": points(current),
        "figures": Figure.objects.published().latest(),
        "deliverables": Deliverable.objects.published().defer("body"),
        "form": form,
        "part_of_list": Paginator(range(30), 10).page(2),
    }
    return render(request, "alliance/styleguide.html", context)
