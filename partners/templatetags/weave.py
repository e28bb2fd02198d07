"""Template tags for weave patterns."""

from django import template

from partners import weave

register = template.Library()
register.simple_tag(weave.university_weave)
register.simple_tag(weave.alliance_weave)
register.simple_tag(weave.item_weave)
