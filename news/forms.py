"""Filters of the list of news and of its feeds."""

from typing import cast
from urllib.parse import urlencode

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from news.models import NewsItem
from partners.forms import FilterForm, TranslatedChoiceField
from partners.models import PartnerUniversity
from topics.models import Topic


class NewsFilterForm(FilterForm):
    """Filters by topic, university and year. The form offers those that published news have."""

    topic = TranslatedChoiceField(
        Topic.objects.none(),
        label=_("Topic"),
        required=False,
        empty_label=pgettext_lazy("topic", "All"),
        error_messages={"invalid_choice": _("No news has that topic. Choose one from the list.")},
    )
    member = TranslatedChoiceField(
        PartnerUniversity.objects.none(),
        label=_("University"),
        required=False,
        empty_label=pgettext_lazy("university", "All"),
        error_messages={"invalid_choice": _("There is no news of that university. Choose one from the list.")},
    )
    year = forms.TypedChoiceField(
        label=_("Year"),
        required=False,
        coerce=int,
        empty_value=None,
        error_messages={"invalid_choice": _("There is no news of that year. Choose one from the list.")},
    )

    def __init__(self, data: QueryDict | None) -> None:
        super().__init__(data)
        news = NewsItem.objects.published()
        topic, member = (cast(forms.ModelChoiceField, self.fields[name]) for name in ("topic", "member"))
        topic.queryset = Topic.objects.published().filter(pk__in=news.order_by().values("topics"))
        members = PartnerUniversity.objects.published().for_list()
        member.queryset = members.filter(pk__in=news.order_by().values("members"))
        self.years = news.years()
        year = cast(forms.ChoiceField, self.fields["year"])
        year.choices = [("", pgettext_lazy("year", "All")), *((number, str(number)) for number in self.years)]

    @property
    def query(self) -> str:
        """The filters as the query of a URL, the same in each language."""
        return urlencode({name: getattr(value, "key", value) for name, value in self.filters.items()})
