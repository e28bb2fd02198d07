from typing import Any

from django.forms import Media, RadioSelect, Script


class PictureChoice(RadioSelect):
    """Radio buttons with thumbnails, for choosing a picture of the library."""

    template_name = "pictures/choice.html"

    def __init__(self, label: str, **options):
        super().__init__(**options)
        self.label = label

    @property
    def media(self) -> Media:
        # django-stubs does not know Script.
        script: Any = Script("pictures/choice.js", type="module")
        return Media(css={"all": ["pictures/choice.css"]}, js=[script])

    def get_context(self, name, value, attrs):
        return super().get_context(name, value, attrs) | {"label": self.label}
