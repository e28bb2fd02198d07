"""Log of narrowings: third parties that stop loading at once, without a new version of the notice."""

from collections.abc import Iterator
from typing import Any

from django.db.models.signals import post_delete, post_save, pre_delete, pre_save

from consent.models import AccessEntry, EmbeddedContent, NoticeVersion, Provider, Purpose, Script
from consent.models.third_party import may_load
from editorial.acting import acting_staff

# Kind and key of what may load, and the key of its provider.
ThirdParty = tuple[str, str, str]


def third_parties() -> set[ThirdParty]:
    """Return the providers, hosts, scripts and embeds that may load for visitors who allow them.

    A script or an embed may load as the notice in force names it, so each change that it does not name is a narrowing.
    """
    found: set[ThirdParty] = set()
    version = NoticeVersion.objects.defer("html", "style").first()
    for provider in Provider.objects.in_use():
        found.add(("provider", provider.key, provider.key))
        found |= {("host", origin, provider.key) for origin in provider.origins}
    for model in (Script, EmbeddedContent):
        items = (item for item in model.objects.optional() if version and may_load(item, version))
        found |= {(str(model._meta.model_name), item.key, item.provider.key) for item in items}
    return found


def names_of(narrowed: set[ThirdParty]) -> Iterator[str]:
    """Yield what is switched off. What belongs to a provider that is off is not listed again."""
    off = {key for kind, key, _provider in narrowed if kind == "provider"}
    for kind, key, provider in sorted(narrowed):
        if kind == "provider":
            yield f"provider {key}"
        elif provider not in off:
            yield f"{kind} {key} (provider {provider})"


def remember(instance: Any, **kwargs: Any) -> None:
    instance._third_parties_before = third_parties() if instance.pk else set()


def log_narrowing(instance: Any, **kwargs: Any) -> None:
    if names := list(names_of(instance._third_parties_before - third_parties())):
        AccessEntry.objects.add(acting_staff(), AccessEntry.Action.NARROW, ", ".join(names))


def connect() -> None:
    """Log the narrowings of all later changes."""
    for model in (Purpose, Provider, Script, EmbeddedContent):
        for signal, receiver in (
            (pre_save, remember),
            (pre_delete, remember),
            (post_save, log_narrowing),
            (post_delete, log_narrowing),
        ):
            signal.connect(receiver, sender=model, dispatch_uid=f"narrowing of {model._meta.label}")
