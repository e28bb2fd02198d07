from django.conf import settings
from modeltranslation.translator import TranslationOptions, register

from alliance.models import (
    Alliance,
    AudienceBenefit,
    Contact,
    Deliverable,
    EntryPoint,
    Figure,
    Initiative,
    InitiativePart,
    KeyArea,
    Line,
    Milestone,
    Project,
    Task,
)


@register(Alliance)
class AllianceTranslation(TranslationOptions):
    fields = (
        "name",
        "former_name",
        "pronunciation_in_words",
        "tagline",
        "introduction",
        "vision",
        "lines_heading",
        "city_lines_heading",
        "funding_note",
        "logo_alt",
        "emblem_alt",
    )
    required_languages = {settings.LANGUAGE_CODE: ("name", "tagline", "introduction", "vision")}


@register(Figure)
class FigureTranslation(TranslationOptions):
    fields = ("label", "note")
    required_languages = {settings.LANGUAGE_CODE: ("label",)}


@register(KeyArea)
class KeyAreaTranslation(TranslationOptions):
    fields = ("name", "description")
    required_languages = {settings.LANGUAGE_CODE: ("name",)}


@register(AudienceBenefit)
class AudienceBenefitTranslation(TranslationOptions):
    fields = ("audience", "benefit")
    required_languages = {settings.LANGUAGE_CODE: ("audience", "benefit")}


@register([Deliverable, Initiative])
class TitledPageTranslation(TranslationOptions):
    fields = ("title", "slug", "summary", "body")
    required_languages = {settings.LANGUAGE_CODE: ("title", "summary", "body")}


@register(InitiativePart)
class InitiativePartTranslation(TranslationOptions):
    fields = ("title", "body")
    required_languages = {settings.LANGUAGE_CODE: ("title",)}


@register(Task)
class TaskTranslation(TranslationOptions):
    fields = ("title", "body")
    required_languages = {settings.LANGUAGE_CODE: ("title", "body")}


@register(EntryPoint)
class EntryPointTranslation(TranslationOptions):
    fields = ("audience", "text")
    required_languages = {settings.LANGUAGE_CODE: ("audience", "text")}


@register(Milestone)
class MilestoneTranslation(TranslationOptions):
    fields = ("title", "body")
    required_languages = {settings.LANGUAGE_CODE: ("title",)}


@register(Contact)
class ContactTranslation(TranslationOptions):
    fields = ("name", "purpose")
    required_languages = {settings.LANGUAGE_CODE: ("name", "purpose")}


@register(Project)
class ProjectTranslation(TranslationOptions):
    fields = ("title", "slug", "summary", "body", "programme", "budget_note")
    required_languages = {settings.LANGUAGE_CODE: ("title", "summary", "body")}


@register(Line)
class LineTranslation(TranslationOptions):
    fields = ("title", "slug", "summary", "body")
    required_languages = {settings.LANGUAGE_CODE: ("title", "summary")}
