from pathlib import Path

from django.conf import settings
from django.core.management import BaseCommand, CommandError

# One weight, and the width from normal to wide: the page asks for the width that its screen has room for.
AXES = {"wght": 740, "wdth": (100, 125)}
FEATURES = ["kern", "liga", "ccmp", "locl", "mark", "mkmk"]
PUNCTUATION = "–—‘’‚“”„…•−€‹›ıŒœ\u202f"
# File → the letters in it; the ranges stand in static/css/faces.css as well.
PARTS = {
    "latin": {*range(0x20, 0x7F), *range(0xA0, 0x100), *map(ord, PUNCTUATION)},
    "latin-ext": {*range(0x100, 0x131), *range(0x132, 0x152), *range(0x154, 0x180), *range(0x218, 0x21C), 0x1E9E},
}


class Command(BaseCommand):
    help = (
        "Cuts the headings' face, Archivo (SIL Open Font License 1.1), down to the letters and the axes that the site "
        "uses. Needs fontTools, which the development requirements bring. "
        "Example: npm pack @fontsource-variable/archivo && tar xzf fontsource-variable-archivo-*.tgz && "
        "manage.py subset_font package"
    )

    def add_arguments(self, parser):
        parser.add_argument("package", type=Path, help="The unpacked npm package @fontsource-variable/archivo.")

    def handle(self, *args, package, **options):
        try:
            from fontTools import subset
            from fontTools.ttLib import TTFont
            from fontTools.varLib import instancer
        except ImportError as error:
            raise CommandError("fontTools is missing: make test installs it.") from error

        for part, letters in PARTS.items():
            source = package / f"files/archivo-{part}-standard-normal.woff2"
            try:
                font = instancer.instantiateVariableFont(TTFont(source), AXES)
            except OSError as error:
                raise CommandError(f"{source} cannot be read: give the folder of the unpacked package.") from error
            choices = subset.Options(layout_features=FEATURES, hinting=False)
            choices.flavor = "woff2"
            subsetter = subset.Subsetter(choices)
            subsetter.populate(unicodes=letters)
            subsetter.subset(font)
            target = settings.BASE_DIR / f"static/fonts/archivo-{part}.woff2"
            subset.save_font(font, target, choices)
            self.stdout.write(f"{target}: {target.stat().st_size} bytes")
        licence = (package / "LICENSE").read_text(encoding="utf-8")
        (settings.BASE_DIR / "static/fonts/OFL.txt").write_text(licence, encoding="utf-8")
