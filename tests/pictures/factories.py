"""Pictures for tests."""

from io import BytesIO

from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image

from pictures.models import Picture

RED, BLUE = (200, 30, 30), (30, 30, 200)


def photo(size=(2400, 1600), image_format="JPEG", mode="RGB", name="photo.jpg") -> SimpleUploadedFile:
    """Return an upload whose left half is red and whose right half is blue."""
    image = Image.new(mode, size, RED if mode == "RGB" else (*RED, 0))
    image.paste(BLUE if mode == "RGB" else (*BLUE, 255), (size[0] // 2, 0, size[0], size[1]))
    content = BytesIO()
    image.save(content, image_format)
    return SimpleUploadedFile(name, content.getvalue())


def make_picture(**fields) -> Picture:
    """Store a valid picture."""
    defaults = {"name": "Harbour", "alt_en": "Cranes over a harbour", "file": photo((400, 300))}
    return Picture.objects.create(**defaults | fields)
