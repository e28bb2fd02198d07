"""The site's settings with two of its languages: all that publishing does, in a fifth of the time."""

from unic_site.settings import *  # noqa: F403

LANGUAGES = [("en", "English"), ("pl", "Polski")]
