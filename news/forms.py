"""Filters of the list of news and of its feeds."""

from django.http import QueryDict
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from news.models import NewsItem
from pages.filters import FilterForm, TranslatedChoiceField, ValueChoiceField
from partners.models import PartnerUniversity
from topics.models import Topic


class NewsFilterForm(FilterForm):
    """Filters by topic, university and year. The form offers the topics and years that published news have."""

    topic = TranslatedChoiceField(
        Topic.objects.published().used_by(NewsItem.objects.published(), "topics"),
        label=_("Topic"),
        empty_label=pgettext_lazy("topic", "All"),
        error_messages={"invalid_choice": _("No news has that topic. Choose one from the list.")},
    )
    member = TranslatedChoiceField(
        PartnerUniversity.objects.published().for_list(),
        label=_("University"),
        empty_label=pgettext_lazy("university", "All"),
        error_messages={"invalid_choice": _("There is no news of that university. Choose one from the list.")},
    )
    year = ValueChoiceField(
        label=_("Year"),
        coerce=int,
        empty_label=pgettext_lazy("year", "All"),
        error_messages={"invalid_choice": _("There is no news of that year. Choose one from the list.")},
    )

    def __init__(self, data: QueryDict | None) -> None:
        self.years = NewsItem.objects.published().years()
        super().__init__(data, year=((year, str(year)) for year in self.years))
