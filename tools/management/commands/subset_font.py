import unicodedata
from pathlib import Path

from django.conf import settings
from django.core.management import BaseCommand, CommandError

# One weight, and the width from normal to wide: the page asks for the width that its screen has room for.
AXES = {"wght": 740, "wdth": (100, 125)}
FEATURES = ["kern", "liga", "ccmp", "locl", "mark", "mkmk"]
PUNCTUATION = "–—‘’‚“”„…•−€‹›ıŒœ\u202f"
# What the ten languages write beside Latin-1, in the first file, so that no page of theirs asks for the second.
OF_OUR_LANGUAGES = set(map(ord, "ĄĆĘŁŃŚŹŻąćęłńśźżĞİŞğşČĐŠŽčđšžŸ"))
# File → the letters in it; the ranges stand in static/css/faces.css as well.
PARTS = {
    "latin": {*range(0x20, 0x7F), *range(0xA0, 0x100), *map(ord, PUNCTUATION), *OF_OUR_LANGUAGES},
    "latin-ext": {*range(0x100, 0x131), *range(0x132, 0x152), *range(0x154, 0x180), *range(0x218, 0x21C), 0x1E9E}
    - OF_OUR_LANGUAGES,
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

        fonts = {}
        for part in PARTS:
            source = package / f"files/archivo-{part}-standard-normal.woff2"
            try:
                fonts[part] = instancer.instantiateVariableFont(TTFont(source, recalcTimestamp=False), AXES)
            except OSError as error:
                raise CommandError(f"{source} cannot be read: give the folder of the unpacked package.") from error
        add_letters(fonts["latin"], fonts["latin-ext"], OF_OUR_LANGUAGES)
        for part, letters in PARTS.items():
            choices = subset.Options(layout_features=FEATURES, hinting=False)
            choices.flavor = "woff2"
            subsetter = subset.Subsetter(choices)
            subsetter.populate(unicodes=letters)
            subsetter.subset(fonts[part])
            target = settings.BASE_DIR / f"static/fonts/archivo-{part}.woff2"
            subset.save_font(fonts[part], target, choices)
            self.stdout.write(f"{target}: {target.stat().st_size} bytes")
        licence = (package / "LICENSE").read_text(encoding="utf-8")
        (settings.BASE_DIR / "static/fonts/OFL.txt").write_text(licence, encoding="utf-8")


def add_letters(font, other, letters: set[int]):
    """Take `letters` over from another part of the same face, with the forms that Polish has for them and the kerning
    of the letters below their marks."""
    from fontTools.varLib.hvar import add_HVAR

    names, polish = other.getBestCmap(), forms_in_polish(other)
    for letter in sorted(letters):
        name = names[letter]
        # Not taken apart, as Unicode leaves ł whole: LATIN SMALL LETTER L WITH STROKE.
        base = font.getBestCmap()[ord(unicodedata.lookup(unicodedata.name(chr(letter)).partition(" WITH ")[0]))]
        for table in font["cmap"].tables:
            table.cmap[letter] = name
        if name in polish:
            forms_in_polish(font)[name] = polish[name]
        for glyph in filter(None, [name, polish.get(name)]):
            font["glyf"][glyph], font["hmtx"][glyph] = other["glyf"][glyph], other["hmtx"][glyph]
            font["gvar"].variations[glyph] = other["gvar"].variations[glyph]
            kern_like(font, glyph, base)
    font.setGlyphOrder(font["glyf"].glyphOrder)
    # The widths of what was there before, by position.
    del font["HVAR"]
    add_HVAR(font)


def forms_in_polish(font) -> dict[str, str]:
    """The face draws the kreska steeper than the acute (OpenType: feature locl of the language PLK)."""
    table = font["GSUB"].table
    scripts = {record.ScriptTag: record.Script for record in table.ScriptList.ScriptRecord}
    languages = {record.LangSysTag: record.LangSys for record in scripts["latn"].LangSysRecord}
    features = [table.FeatureList.FeatureRecord[index] for index in languages["PLK "].FeatureIndex]
    (lookup,) = next(one.Feature.LookupListIndex for one in features if one.FeatureTag == "locl")
    return table.LookupList.Lookup[lookup].SubTable[0].mapping


def kern_like(font, glyph: str, base: str):
    """Have `glyph` stand as close to its neighbours as `base` does, where letters are kerned by classes."""
    for lookup in font["GPOS"].table.LookupList.Lookup:
        for pairs in lookup.SubTable:
            if lookup.LookupType == 2 and pairs.Format == 2:
                if base in pairs.Coverage.glyphs:
                    pairs.Coverage.glyphs.append(glyph)
                for classes in (pairs.ClassDef1.classDefs, pairs.ClassDef2.classDefs):
                    if base in classes:
                        classes[glyph] = classes[base]
