from django.forms import Media, RadioSelect, Script


class PictureChoice(RadioSelect):
    """Choose one picture of the library by what it shows."""

    template_name = "pictures/choice.html"

    def __init__(self, label: str, **options):
        super().__init__(**options)
        self.label = label

    @property
    def media(self):
        return Media(css={"all": ["pictures/choice.css"]}, js=[Script("pictures/choice.js", type="module")])

    def get_context(self, name, value, attrs):
        return super().get_context(name, value, attrs) | {"label": self.label}
