import unicodedata
from pathlib import Path

from django.conf import settings
from django.core.management import BaseCommand, CommandError

# One weight, and widths from normal to wide; style sheets choose the width for the screen.
AXES = {"wght": 740, "wdth": (100, 125)}
FEATURES = ["kern", "liga", "ccmp", "locl", "mark", "mkmk"]
PUNCTUATION = "–—‘’‚“”„…•−€‹›ıŒœ\u202f"
# Letters of the site's ten languages outside Latin-1. They are in the first file, so pages do not load the second.
EXTRA_LETTERS = set(map(ord, "ĄĆĘŁŃŚŹŻąćęłńśźżĞİŞğşČĐŠŽčđšžŸ"))
# File → its letters. static/css/faces.css repeats these ranges.
PARTS = {
    "latin": {*range(0x20, 0x7F), *range(0xA0, 0x100), *map(ord, PUNCTUATION), *EXTRA_LETTERS},
    "latin-ext": {*range(0x100, 0x131), *range(0x132, 0x152), *range(0x154, 0x180), *range(0x218, 0x21C), 0x1E9E}
    - EXTRA_LETTERS,
}


class Command(BaseCommand):
    help = (
        "Subsets the heading font Archivo (SIL Open Font License 1.1) to the letters and axes that the site uses. "
        "Needs fontTools from the development requirements. "
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
            raise CommandError("fontTools is not installed. Install requirements-dev.txt.") from error

        fonts = {}
        for part in PARTS:
            source = package / f"files/archivo-{part}-standard-normal.woff2"
            try:
                fonts[part] = instancer.instantiateVariableFont(TTFont(source, recalcTimestamp=False), AXES)
            except OSError as error:
                raise CommandError(f"{source} cannot be read. Give the folder of the unpacked package.") from error
        add_letters(fonts["latin"], fonts["latin-ext"], EXTRA_LETTERS)
        for part, letters in PARTS.items():
            subset_options = subset.Options(layout_features=FEATURES, hinting=False)
            subset_options.flavor = "woff2"
            subsetter = subset.Subsetter(subset_options)
            subsetter.populate(unicodes=letters)
            subsetter.subset(fonts[part])
            target = settings.BASE_DIR / f"static/fonts/archivo-{part}.woff2"
            subset.save_font(fonts[part], target, subset_options)
            self.stdout.write(f"{target}: {target.stat().st_size} bytes")
        licence = (package / "LICENSE").read_text(encoding="utf-8")
        (settings.BASE_DIR / "static/fonts/OFL.txt").write_text(licence, encoding="utf-8")


def add_letters(font, other, letters: set[int]):
    """Copy `letters` from another file of the same font.

    The Polish variants are copied too. A letter gets the kerning of its base letter, such as Ą that of A.
    """
    from fontTools.varLib.hvar import add_HVAR

    names, polish = other.getBestCmap(), polish_variants(other)
    for letter in sorted(letters):
        name = names[letter]
        # The base letter by name, because ł has no Unicode decomposition: LATIN SMALL LETTER L WITH STROKE.
        base = font.getBestCmap()[ord(unicodedata.lookup(unicodedata.name(chr(letter)).partition(" WITH ")[0]))]
        for table in font["cmap"].tables:
            table.cmap[letter] = name
        if name in polish:
            polish_variants(font)[name] = polish[name]
        for glyph in filter(None, [name, polish.get(name)]):
            font["glyf"][glyph], font["hmtx"][glyph] = other["glyf"][glyph], other["hmtx"][glyph]
            font["gvar"].variations[glyph] = other["gvar"].variations[glyph]
            copy_kerning(font, glyph, base)
    font.setGlyphOrder(font["glyf"].glyphOrder)
    # HVAR stores width variations by glyph position, which has changed.
    del font["HVAR"]
    add_HVAR(font)


def polish_variants(font) -> dict[str, str]:
    """Glyph → Polish glyph: Polish acute accents are steeper (OpenType feature locl of the language PLK)."""
    table = font["GSUB"].table
    scripts = {record.ScriptTag: record.Script for record in table.ScriptList.ScriptRecord}
    languages = {record.LangSysTag: record.LangSys for record in scripts["latn"].LangSysRecord}
    features = [table.FeatureList.FeatureRecord[index] for index in languages["PLK "].FeatureIndex]
    (lookup,) = next(record.Feature.LookupListIndex for record in features if record.FeatureTag == "locl")
    return table.LookupList.Lookup[lookup].SubTable[0].mapping


def copy_kerning(font, glyph: str, base: str):
    """Give `glyph` the class kerning of `base`."""
    for lookup in font["GPOS"].table.LookupList.Lookup:
        for pairs in lookup.SubTable:
            if lookup.LookupType == 2 and pairs.Format == 2:
                if base in pairs.Coverage.glyphs:
                    pairs.Coverage.glyphs.append(glyph)
                for classes in (pairs.ClassDef1.classDefs, pairs.ClassDef2.classDefs):
                    if base in classes:
                        classes[glyph] = classes[base]
