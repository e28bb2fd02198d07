"""The cloths that templates show; partners/cloth.html draws them."""

from django import template

from partners import cloth

register = template.Library()
register.simple_tag(cloth.city_cloth)
register.simple_tag(cloth.alliance_cloth)
