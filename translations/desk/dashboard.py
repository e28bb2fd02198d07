"""Blocks of the dashboard: texts to translate in the languages of the user, on the site and in drafts."""

from django.conf import settings
from django.contrib.auth.models import AnonymousUser, User
from django.db.models import Count
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from editorial.admin_urls import page_url, text_url
from editorial.dashboard import Block, Line
from translations.desk.drafts import desk_keys, drafts_of, open_texts
from translations.desk.models import TextToTranslate
from translations.status.models import Translation
from translations.status.permissions import own_languages, permitted_models

STATUSES = (Translation.Status.MISSING, Translation.Status.STALE, Translation.Status.DRAFT)


def texts_to_translate(user: User | AnonymousUser) -> Block | None:
    languages = own_languages(user)
    if not languages:
        return None
    texts = TextToTranslate.objects.readable_by(user).open().filter(language__in=languages)
    counts: dict[str, dict[str, int]] = {}
    for language, status, number in texts.order_by().values_list("language", "status").annotate(Count("pk")):
        counts.setdefault(language, {})[status] = number
    url = reverse("admin:translations_texttotranslate_changelist")
    lines = [
        Line(
            settings.CONTENT_LANGUAGES[code],
            f"{url}?{urlencode({'language': code})}",
            ", ".join(f"{status.label}: {counts[code][status]}" for status in STATUSES if status in counts[code]),
        )
        for code in languages
        if code in counts
    ]
    title = capfirst(str(TextToTranslate._meta.verbose_name_plural))
    return Block(title, _("All texts are translated and current."), lines, url)


def drafts_to_translate(user: User | AnonymousUser) -> Block | None:
    """Drafts of live items whose changed texts lack a translation, so that it goes live with the draft."""
    languages = own_languages(user)
    if not languages:
        return None
    drafts = drafts_of(permitted_models(user))
    keys = desk_keys(drafts)
    lines = []
    for draft in drafts:
        texts = open_texts(draft)
        for code in languages:
            if not (places := texts.get(code)):
                continue
            if key := keys.get((draft.pk, *places[0])):
                url = page_url(TextToTranslate, "change", key)
            else:
                url = text_url(draft.model_class, draft.object_id, *places[0])
            number = ngettext("%(count)s text", "%(count)s texts", len(places)) % {"count": len(places)}
            lines.append(
                Line(
                    draft.heading,
                    url,
                    f"{settings.CONTENT_LANGUAGES[code]}: {number}",
                )
            )
    return Block(_("Drafts to translate"), _("No draft waits for a translation."), lines)
