"""The manual in the admin: a page for each document of the repository, and the section about each page of the admin."""

import re
from fnmatch import fnmatchcase
from itertools import pairwise
from posixpath import dirname, join, normpath
from typing import Any
from urllib.parse import quote, urlsplit

from django.conf import settings
from django.contrib import admin
from django.http import FileResponse, Http404, HttpRequest, HttpResponseBase
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.safestring import mark_safe
from markdown_it import MarkdownIt
from markdown_it.token import Token

# Patterns of URL names of the admin → section. The first one that fits counts.
SECTIONS = {
    "consent_noticeversion_*": "docs/editing.md#change-the-cookie-notice",
    "consent_policyversion_*": "docs/editing.md#change-the-privacy-policy",
    "consent_decision_*": "docs/editing.md#answer-requests-about-records",
    "consent_cookieaudit_*": "docs/editing.md#answer-requests-about-records",
    "consent_erasure_*": "docs/editing.md#answer-requests-about-records",
    "consent_seal_*": "docs/editing.md#answer-requests-about-records",
    "consent_accessentry_*": "docs/editing.md#answer-requests-about-records",
    "editorial_deleteditem_*": "docs/editing.md#delete-an-item-and-bring-it-back",
    "editorial_binsettings_*": "docs/editing.md#delete-an-item-and-bring-it-back",
    "editorial_scheduledchange_*": "docs/editing.md#publish-or-take-off-at-a-later-time",
    "editorial_*preview*": "docs/editing.md#preview",
    "*_history": "docs/editing.md#compare-and-restore-revisions",
    "*_compare": "docs/editing.md#compare-and-restore-revisions",
    "*_restore": "docs/editing.md#compare-and-restore-revisions",
    "*_conflicts": "docs/editing.md#a-draft-and-a-later-change-of-the-published-text",
    "*_schedule": "docs/editing.md#publish-or-take-off-at-a-later-time",
    "*_approval": "docs/editing.md#ask-for-approval",
    "*_delete": "docs/editing.md#delete-an-item-and-bring-it-back",
    "events_*": "docs/editing.md#add-an-event",
    "news_*": "docs/editing.md#write-a-news-item",
    "alliance_task_*": "docs/editing.md#tasks-of-a-university",
    "alliance_contact_*": "docs/editing.md#contacts-projects-thematic-lines-and-sources",
    "alliance_project_*": "docs/editing.md#contacts-projects-thematic-lines-and-sources",
    "alliance_line_*": "docs/editing.md#contacts-projects-thematic-lines-and-sources",
    "consent_notice_*": "docs/editing.md#change-the-cookie-notice",
    "consent_purpose_*": "docs/editing.md#change-the-cookie-notice",
    "consent_privacypolicy_*": "docs/editing.md#change-the-privacy-policy",
    "consent_*": "docs/editing.md#add-or-stop-a-third-party",
    "feedback_message_*": "docs/editing.md#answer-a-report-of-a-barrier",
    "feedback_*": "docs/editing.md#maintain-the-accessibility-statement",
    "partners_partneruniversity_*": "docs/editing.md#edit-a-university",
    "opportunities_*": "docs/editing.md#opportunities",
    "pictures_*": "docs/editing.md#add-a-picture",
    "search_*": "docs/editing.md#add-synonyms",
    "translations_glossaryterm_*": "docs/translating.md#use-the-glossary",
    "translations_texttotranslate_*": "docs/translating.md#translate-a-text-at-the-translators-desk",
    "translations_translation_*": "docs/translating.md#find-texts-to-translate",
    "translations_*": "docs/translating.md#exchange-files",
    "auth_*": "README.md#run",
    "jobs_*": "docs/deployment.md#recurring-work",
    "*_changelist": "docs/editing.md#find-a-text",
    "*_add": "docs/editing.md#add-an-item",
    "*_change": "docs/editing.md#save-a-draft",
}
START = "docs/editing.md"
# The documents for staff and operators. Others are about the program, or about the site that it comes with.
DOCUMENTS = (
    "README.md",
    "docs/content.md",
    "docs/deployment.md",
    "docs/editing.md",
    "docs/glossary/*.md",
    "docs/languages.md",
    "docs/performance.md",
    "docs/privacy.md",
    "docs/settings.md",
    "docs/third-parties.md",
    "docs/translating.md",
)
PICTURES = "docs/img/*.png"


def section_for(url_name: str) -> str:
    """Return the document and section about the page of the admin with this URL name."""
    return next((section for pattern, section in SECTIONS.items() if fnmatchcase(url_name, pattern)), START)


def url_for(request: HttpRequest) -> str:
    """Return the URL of the section about the requested page."""
    match = request.resolver_match
    document, _, anchor = section_for(match.url_name or "" if match else "").partition("#")
    return reverse("admin:manual", args=[document]) + (f"#{quote(anchor)}" if anchor else "")


def manual_view(request: HttpRequest, name: str) -> HttpResponseBase:
    """Show a document, or a picture of one. Paths are those of the repository, so links between documents work."""
    path = settings.BASE_DIR / name
    if not is_part_of_manual(name) or not path.is_file():
        raise Http404
    if path.suffix == ".png":
        return FileResponse(path.open("rb"))
    document = parse(path.read_text(), name)
    context = admin.site.each_context(request) | document
    return TemplateResponse(request, "editorial/manual.html", context)


def is_part_of_manual(name: str) -> bool:
    """Whether `name` is the normal path of a document in the manual, or of a picture of one."""
    return name == normpath(name) and any(fnmatchcase(name, pattern) for pattern in (*DOCUMENTS, PICTURES))


def without_dead_links(tokens: list[Token], name: str) -> list[Token]:
    """Return the tokens of a line of the document `name`, without the links to files that are not in the manual."""
    kept, is_dead = [], False
    for token in tokens:
        if token.type == "link_open":
            target = urlsplit(str(token.attrs["href"]))
            path = normpath(join(dirname(name), target.path))
            is_dead = bool(target.path and not target.scheme) and not is_part_of_manual(path)
        if not (is_dead and token.type in ("link_open", "link_close")):
            kept.append(token)
    return kept


def parse(markdown: str, name: str = START) -> dict[str, Any]:
    """Return the title, the sections (anchor and heading) and the HTML of the document `name`, without its title.

    Headings have the anchors that GitHub gives them.
    """
    parser = MarkdownIt("commonmark", {"html": False}).enable("table")
    tokens = parser.parse(markdown)
    title, sections = "", []
    for token in tokens:
        # The alignment of a column, which the security policy forbids.
        token.attrs.pop("style", None)
        token.children = without_dead_links(token.children or [], name)
    for token, inline in pairwise(tokens):
        if token.type != "heading_open":
            continue
        anchor = re.sub(r"[^\w\- ]", "", inline.content.lower()).replace(" ", "-")
        token.attrSet("id", anchor)
        if token.tag == "h1":
            title = inline.content
        elif token.tag == "h2":
            sections.append((anchor, inline.content))
    for opening, inline, closing in zip(tokens, tokens[1:], tokens[2:], strict=False):
        # A column without a name has no heading for screen readers.
        if opening.type == "th_open" and not inline.content:
            opening.tag = closing.tag = "td"
    # The admin shows the title itself: heading_open, inline, heading_close.
    body = tokens[3:] if title else tokens
    return {
        "title": title,
        "sections": sections,
        # Documents are files of the program.
        "body": mark_safe(parser.renderer.render(body, parser.options, {})),  # noqa: S308
    }
