"""Pages of the alliance, the overview of the site, and the style guide."""

from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote

from django.conf import settings
from django.core.paginator import Paginator
from django.forms import ModelChoiceField
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_safe

from alliance.cached import get_alliance_or_404
from alliance.feeds import MilestoneFeed
from alliance.forms import ContactFilterForm
from alliance.models import (
    Activity,
    AudienceBenefit,
    Contact,
    Deliverable,
    EntryPoint,
    Figure,
    Initiative,
    KeyArea,
    Line,
    Milestone,
    Project,
)
from alliance.sections import ABOUT, CONTACTS, LINES, PROJECTS
from pagecache.decorators import cached_page
from pagecache.expiry import expire_at
from pages.blocks import BlockPage, blocks_of
from pages.cached import layout_pages, section
from pages.models import Page
from pages.pagination import paginate
from pages.sections import parent_of
from partners.cached import universities
from partners.map import draw_map
from partners.models import MAX_ON_MAP, PartnerUniversity
from partners.section_pages import render_section
from pictures.forms import PictureChoice
from pictures.models import Picture
from search.forms import SearchForm
from topics.models import MAX_RELATED

FIGURES_ON_HOME = 4
# Items of one kind per page of the overview, which only shows their names.
NAMES_IN_OVERVIEW = 100
# Contacts per page. They are short.
CONTACTS_PER_PAGE = 48
# Less than a year, as RFC 9116 recommends.
SECURITY_TXT_VALIDITY = timedelta(days=180)


@cached_page()
@require_safe
def home(request: HttpRequest) -> HttpResponse:
    alliance = get_alliance_or_404(request)
    blocks = blocks_of(BlockPage.HOME, request, alliance)
    response = render_section(
        request,
        Page.Kind.HOME,
        "alliance/home.html",
        alliance=alliance,
        blocks=blocks,
        figures=Figure.objects.published().newest_per_label()[:FIGURES_ON_HOME],
        entry_points=EntryPoint.objects.published().with_links(),
        europe_map=draw_map(universities(request)),
        has_more_universities=len(universities(request)) == MAX_ON_MAP,
    )
    expire_at(response, [block.expires_at for block in blocks])
    return response


@cached_page()
@require_safe
def about(request: HttpRequest) -> HttpResponse:
    return render_section(
        request,
        ABOUT,
        "alliance/about.html",
        alliance=get_alliance_or_404(request),
        key_areas=KeyArea.objects.published(),
        figures=Figure.objects.published().newest_per_label(),
        parts=[page for page in layout_pages(request) if parent_of(page.kind) == ABOUT],
    )


@cached_page()
@require_safe
def vision(request: HttpRequest) -> HttpResponse:
    return render_section(
        request,
        Page.Kind.VISION,
        "alliance/vision.html",
        alliance=get_alliance_or_404(request),
        benefits=AudienceBenefit.objects.published(),
    )


@cached_page("page")
@require_safe
def deliverable_list(request: HttpRequest) -> HttpResponse:
    return render_section(
        request,
        Page.Kind.DELIVERABLES,
        "alliance/deliverable_list.html",
        page_obj=paginate(request, Deliverable.objects.published()),
    )


@cached_page("page")
@require_safe
def initiative_list(request: HttpRequest) -> HttpResponse:
    return render_section(
        request,
        Page.Kind.INITIATIVES,
        "alliance/initiative_list.html",
        page_obj=paginate(request, Initiative.objects.published().with_parts()),
    )


def render_activity(request: HttpRequest, kind: str, template: str, activity: Activity, **context: Any) -> HttpResponse:
    """Render the page of a deliverable or initiative, which belongs to the section `kind`."""
    related = type(activity).objects.published().defer("body").exclude(pk=activity.pk)
    context = {
        "section": section(request, kind),
        "activity": activity,
        "subject": activity,
        "related": related[:MAX_RELATED],
        **context,
    }
    return render(request, template, context)


@cached_page()
@require_safe
def deliverable_detail(request: HttpRequest, slug: str) -> HttpResponse:
    deliverable = Deliverable.objects.published().select_related("cover").get_by_slug(slug)
    if deliverable.slug != slug:
        return redirect(deliverable, permanent=True)
    return render_activity(request, Page.Kind.DELIVERABLES, "alliance/deliverable_detail.html", deliverable)


@cached_page("page")
@require_safe
def initiative_detail(request: HttpRequest, slug: str) -> HttpResponse:
    initiative = Initiative.objects.published().select_related("cover").get_by_slug(slug)
    if initiative.slug != slug:
        return redirect(initiative, permanent=True)
    return render_activity(
        request,
        Page.Kind.INITIATIVES,
        "alliance/initiative_detail.html",
        initiative,
        parts=initiative.parts.published(),
        page_obj=paginate(request, initiative.tasks.published().with_partner()),
    )


@cached_page("page")
@require_safe
def task_list(request: HttpRequest) -> HttpResponse:
    alliance = get_alliance_or_404(request)
    return render_section(
        request,
        Page.Kind.TASKS,
        "alliance/task_list.html",
        alliance=alliance,
        page_obj=paginate(request, alliance.host.tasks.published().with_initiatives()),
    )


@cached_page("page")
@require_safe
def milestone_list(request: HttpRequest) -> HttpResponse:
    return render_section(
        request,
        Page.Kind.MILESTONES,
        "alliance/milestone_list.html",
        page_obj=paginate(request, Milestone.objects.published()),
    )


@cached_page()
@require_safe
def milestone_feed(request: HttpRequest) -> HttpResponse:
    return MilestoneFeed(get_alliance_or_404(request)).respond(request)


@cached_page("member", "topic", "page")
@require_safe
def contact_list(request: HttpRequest) -> HttpResponse:
    form = ContactFilterForm(request.GET or None)
    contacts = Contact.objects.published().matching(**form.filters).with_topics()
    return render_section(
        request,
        CONTACTS,
        "alliance/contact_list.html",
        form=form,
        page_obj=paginate(request, contacts, CONTACTS_PER_PAGE),
        filter_query=form.query(),
    )


@cached_page("page")
@require_safe
def project_list(request: HttpRequest) -> HttpResponse:
    projects = Project.objects.published().defer("body").with_coordinator()
    return render_section(request, PROJECTS, "alliance/project_list.html", page_obj=paginate(request, projects))


@cached_page()
@require_safe
def project_detail(request: HttpRequest, slug: str) -> HttpResponse:
    published = Project.objects.published()
    project = published.select_related("cover").with_coordinator().with_topics().get_by_slug(slug)
    if project.slug != slug:
        return redirect(project, permanent=True)
    context = {
        "section": section(request, PROJECTS),
        "project": project,
        "subject": project,
        "related": published.defer("body").exclude(pk=project.pk)[:MAX_RELATED],
    }
    return render(request, "alliance/project_detail.html", context)


@cached_page("page")
@require_safe
def line_list(request: HttpRequest) -> HttpResponse:
    lines = Line.objects.published().with_leads()
    return render_section(request, LINES, "alliance/line_list.html", page_obj=paginate(request, lines))


@cached_page()
@require_safe
def line_detail(request: HttpRequest, slug: str) -> HttpResponse:
    """The page of a line. A line without a text is an entry of the list, where its URL leads."""
    published = Line.objects.published()
    line = published.with_leads().get_by_slug(slug)
    if not line.has_own_page:
        return redirect(line)
    if line.slug != slug:
        return redirect(line, permanent=True)
    context = {
        "section": section(request, LINES),
        "line": line,
        "subject": line,
        "related": published.with_page().filter(kind=line.kind).exclude(pk=line.pk)[:MAX_RELATED],
    }
    return render(request, "alliance/line_detail.html", context)


@cached_page("page")
@require_safe
def overview(request: HttpRequest) -> HttpResponse:
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
        projects=Project.objects.published().defer("body")[:NAMES_IN_OVERVIEW],
        lines=Line.objects.published().with_page()[:NAMES_IN_OVERVIEW],
        page_obj=paginate(request, partners, NAMES_IN_OVERVIEW),
    )


@require_safe
def security_txt(request: HttpRequest) -> HttpResponse:
    """The address for reports of vulnerabilities (RFC 9116). Raises Http404 if the alliance has no contact.

    It is not a cached page, because it expires.
    """
    alliance = get_alliance_or_404(request)
    if not alliance.contact:
        raise Http404("the alliance has no contact")
    expires_on = datetime.now(UTC).date() + SECURITY_TXT_VALIDITY
    lines = [
        f"Contact: mailto:{quote(alliance.contact, safe='@')}",
        f"Expires: {expires_on.isoformat()}T00:00:00Z",
        f"Preferred-Languages: {settings.LANGUAGE_CODE}",
        f"Canonical: {request.build_absolute_uri(request.path)}",
    ]
    return HttpResponse("\n".join([*lines, ""]), content_type="text/plain; charset=utf-8")


@require_safe
def styleguide(request: HttpRequest) -> HttpResponse:
    """All components of the design, for staff and developers. Raises Http404 for other visitors."""
    if not (settings.DEBUG or request.user.is_staff):
        raise Http404("the style guide is for staff")
    # A search for one letter is invalid, which shows a field with an error.
    form = SearchForm({"q": "x"})
    form.is_valid()
    choice: ModelChoiceField[Picture] = ModelChoiceField(
        Picture.objects.all(), widget=PictureChoice("A picture"), required=False, empty_label="no picture"
    )
    context = {
        "alliance": get_alliance_or_404(request),
        "picture_choice": choice.widget.render("picture", "", {"id": "picture"}),
        "europe_map": draw_map(universities(request)),
        "figures": Figure.objects.published().newest_per_label(),
        "deliverables": Deliverable.objects.published().defer("body"),
        "form": form,
        "example_page": Paginator(range(30), 10).page(2),
    }
    return render(request, "alliance/styleguide.html", context)
