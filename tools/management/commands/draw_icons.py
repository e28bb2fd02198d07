from django.conf import settings
from django.core.management import BaseCommand

from social.icons import FAVICON, ICO_SIZES, ICONS


class Command(BaseCommand):
    help = (
        "Draws the icons in static/img/: favicon.svg, favicon.ico and the icons for home screens. "
        "Example: manage.py draw_icons"
    )

    def handle(self, *args, **options):
        folder = settings.BASE_DIR / "static/img"
        (folder / "favicon.svg").write_text(FAVICON.svg)
        *smaller, largest = [FAVICON.image(size) for size in ICO_SIZES]
        sizes = [(size, size) for size in ICO_SIZES]
        largest.save(folder / "favicon.ico", sizes=sizes, append_images=smaller)
        for name, (icon, size) in ICONS.items():
            icon.image(size).convert("RGB").quantize(64).save(folder / name, optimize=True)
        for name in ("favicon.svg", "favicon.ico", *ICONS):
            self.stdout.write(f"{folder / name}: {(folder / name).stat().st_size} bytes")
