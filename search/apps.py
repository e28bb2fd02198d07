from datetime import timedelta
from functools import partial

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

import jobs
import triggers


class SearchConfig(AppConfig):
    name = "search"
    # The button of the same name is a verb in most languages.
    verbose_name = pgettext_lazy("section of the admin", "Search")

    def ready(self):
        from editorial.searching import register_search
        from pages import sections
        from pages.models import Page
        from search.indexing import MAX_SECONDS, delete_unused_words, index_changed_items
        from search.items import search_items
        from search.pages import PAGES
        from search.sources import register
        from search.triggers import index_triggers

        register(PAGES)
        sections.register(sections.Section(Page.Kind.SEARCH, Page.Kind.SEARCH.label, "search:results"))
        triggers.register(index_triggers)
        register_search(search_items)
        jobs.register(
            "search-index",
            partial(index_changed_items, MAX_SECONDS),
            every=timedelta(seconds=5),
            title=_("Updates the search from content that changed."),
        )
        jobs.register(
            "unused-search-words",
            delete_unused_words,
            every=timedelta(hours=6),
            title=_("Deletes words from the search that no text contains any more."),
        )
