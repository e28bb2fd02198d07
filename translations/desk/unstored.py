"""Texts that only a draft has. They are not stored, so the list of texts gets them from the drafts."""

from typing import cast

from django.conf import settings
from django.contrib.auth.models import AnonymousUser, User
from modeltranslation.utils import build_localized_fieldname

from editorial.admin_urls import text_url
from editorial.models import Content
from editorial.revisions import sources
from translations.desk.drafts import drafts_of, is_stored
from translations.desk.models import TextToTranslate
from translations.status.comparison import word_count
from translations.status.fields import TARGET_LANGUAGES, text_fields
from translations.status.models import SourceText
from translations.status.permissions import permitted_models


def unstored_texts(user: User | AnonymousUser) -> list[TextToTranslate]:
    """Return the texts that only a draft has, of the models that `user` may translate."""
    models = permitted_models(user)
    by_label = {model._meta.label_lower: model for model in cast(list[type[Content]], models)}
    found = []
    for draft in drafts_of(models):
        for row, row_model, key in sources.located(draft.model_class, draft.object_id, draft.data):
            label, values = row_model._meta.label_lower, draft.data[row]
            if (model := by_label.get(label)) is None:
                continue
            names = text_fields(model)
            for field in (field.name for field in model._meta.fields if field.name in names):
                if not (source := values.get(build_localized_fieldname(field, settings.LANGUAGE_CODE))):
                    continue
                place = {"model": label, "object_id": key, "field": field}
                for language in TARGET_LANGUAGES:
                    if is_stored(draft, row, field, language):
                        continue
                    text = TextToTranslate(**place, language=language, words=word_count(source))
                    text.source = SourceText(**place, text=source)
                    text.target = values.get(text.localized_field) or ""
                    text.status = text.Status.CURRENT if text.target else text.Status.MISSING
                    text.heading = f"{draft.heading} › {model.heading_of(values)}" if row else draft.heading
                    text.url_in_draft = text_url(draft.model_class, draft.object_id, row, text.localized_field)
                    found.append(text)
    return found
