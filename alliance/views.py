"""The alliance's pages, and the two that look over the whole site: the overview and the search."""

from django.conf import settings
from django.core.paginator import Paginator
from django.forms import ModelChoiceField
from django.http import Http404
from django.shortcuts import redirect, render
from django.views.decorators.http import require_safe

from alliance import cached
from alliance.cached import the_alliance
from alliance.feeds import MilestoneFeed
from alliance.models import Activity, AudienceBenefit, Deliverable, EntryPoint, Figure, Initiative, KeyArea, Milestone
from pagecache.decorators import cached_page
from pages.cached import section
from pages.models import Page
from pages.pagination import ITEMS_PER_PAGE, paginate
from partners.cached import universities
from partners.map import points
from partners.models import MOST_ON_MAP, PartnerUniversity
from pictures.forms import PictureChoice
from pictures.models import Picture
from search.forms import SearchForm

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


@cached_page()
@require_safe
def home(request):
    alliance = the_alliance(request)
    # One more than is shown, to know whether there are more.
    deliverables = list(Deliverable.objects.published().defer("body")[: ITEMS_PER_PAGE + 1])
    tasks = list(alliance.host.tasks.published().defer("body")[: ITEMS_PER_PAGE + 1])
    return render_section(
        request,
        Page.Kind.HOME,
        "alliance/home.html",
        alliance=alliance,
        figures=Figure.objects.published().latest(),
        key_areas=KeyArea.objects.published(),
        deliverables=deliverables[:ITEMS_PER_PAGE],
        has_more_deliverables=len(deliverables) > ITEMS_PER_PAGE,
        # They lead to the first part of the list of tasks.
        tasks=tasks[:ITEMS_PER_PAGE],
        has_more_tasks=len(tasks) > ITEMS_PER_PAGE,
        entry_points=EntryPoint.objects.published().with_links(),
        points=points(universities(request)),
        has_more_universities=len(universities(request)) == MOST_ON_MAP,
    )


@cached_page()
@require_safe
def vision(request):
    return render_section(
        request,
        Page.Kind.VISION,
        "alliance/vision.html",
        alliance=the_alliance(request),
        benefits=AudienceBenefit.objects.published(),
    )


@cached_page("page")
@require_safe
def deliverable_list(request):
    return render_section(
        request,
        Page.Kind.DELIVERABLES,
        "alliance/deliverable_list.html",
        list_page=paginate(request, Deliverable.objects.published()),
    )


@cached_page("page")
@require_safe
def initiative_list(request):
    return render_section(
        request,
        Page.Kind.INITIATIVES,
        "alliance/initiative_list.html",
        list_page=paginate(request, Initiative.objects.published().with_parts()),
    )


def render_activity(request, kind: str, template: str, activity: Activity, **context):
    """Answer with the page of a deliverable or initiative, which belongs to the section `kind`."""
    others = type(activity).objects.published().defer("body").exclude(pk=activity.pk)
    context = {
        "section": section(request, kind),
        "activity": activity,
        "subject": activity,
        "universities": universities(request),
        "others": others[:ITEMS_PER_PAGE],
        **context,
    }
    return render(request, template, context)


@cached_page()
@require_safe
def deliverable_detail(request, slug: str):
    deliverable = Deliverable.objects.published().select_related("cover").get_by_slug(slug)
    if deliverable.slug != slug:
        return redirect(deliverable, permanent=True)
    return render_activity(request, Page.Kind.DELIVERABLES, "alliance/deliverable_detail.html", deliverable)


@cached_page("page")
@require_safe
def initiative_detail(request, slug: str):
    initiative = Initiative.objects.published().select_related("cover").get_by_slug(slug)
    if initiative.slug != slug:
        return redirect(initiative, permanent=True)
    return render_activity(
        request,
        Page.Kind.INITIATIVES,
        "alliance/initiative_detail.html",
        initiative,
        parts=initiative.parts.published(),
        list_page=paginate(request, initiative.tasks.published().select_related("partner")),
    )


@cached_page("page")
@require_safe
def task_list(request):
    alliance = the_alliance(request)
    return render_section(
        request,
        Page.Kind.TASKS,
        "alliance/task_list.html",
        alliance=alliance,
        list_page=paginate(request, alliance.host.tasks.published().with_initiatives()),
    )


@cached_page("page")
@require_safe
def milestone_list(request):
    return render_section(
        request,
        Page.Kind.MILESTONES,
        "alliance/milestone_list.html",
        list_page=paginate(request, Milestone.objects.published()),
    )


@cached_page()
@require_safe
def milestone_feed(request):
    feed = MilestoneFeed()(request)
    # By its ETag a reader knows better whether it is another one.
    del feed.headers["Last-Modified"]
    return feed


@cached_page("page")
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
        list_page=paginate(request, partners, NAMES_IN_OVERVIEW),
    )


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
        "list_page": Paginator(range(30), 10).page(2),
    }
    return render(request, "alliance/styleguide.html", context)
