"""Content files are checked before loading, loading keeps changes of staff, and dumping is the reverse of loading."""

import tempfile
from io import BytesIO, StringIO
from pathlib import Path

import pytest
import tomli_w
from django.conf import settings
from django.core.management import CommandError, call_command
from django.db import transaction
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from PIL import Image

from alliance.models import Alliance, Deliverable, Initiative, Milestone, Task
from editorial.content_files import ContentError, ContentFiles, dump, models_by_section
from editorial.content_files.values import EMPTY_DIGEST
from editorial.models import ImportState, PastSlug
from operations.management.commands import prepare as prepare_module
from pages.models import Page
from partners.models import PartnerUniversity

pytestmark = pytest.mark.django_db


def delete_everything():
    for model in reversed(models_by_section().values()):
        model.objects.all().delete()
    ImportState.objects.all().delete()


@pytest.fixture
def empty_site():
    delete_everything()


def write(folder: Path, **languages: dict) -> Path:
    folder.mkdir(exist_ok=True)
    for code, document in languages.items():
        (folder / f"{code}.toml").write_text(tomli_w.dumps(document), encoding="utf-8")
    return folder


def read(folder: Path) -> dict[str, str]:
    return {path.name: path.read_text(encoding="utf-8") for path in folder.glob("*.toml")}


def load(folder=settings.CONTENT_DIR, **options) -> str:
    output = StringIO()
    call_command("load_content", folder=folder, stdout=output, **options)
    return output.getvalue()


PAGE = {"title": "News", "short_title": "News", "description": "What is new."}


def test_loading_again_changes_nothing():
    before = list(Page.objects.values_list("updated_at"))
    assert "0 created, 0 updated" in load()
    assert list(Page.objects.values_list("updated_at")) == before


@pytest.mark.nightly
def test_a_new_field_that_the_files_do_not_have_changes_no_item():
    loaded = ImportState.objects.filter(section="pages").first()
    empty = next(name for name, digests in loaded.digests.items() if digests == [EMPTY_DIGEST, EMPTY_DIGEST])
    before = {name: digests for name, digests in loaded.digests.items() if name != empty}
    ImportState.objects.filter(pk=loaded.pk).update(digests=before)
    load()
    assert ImportState.objects.get(pk=loaded.pk).digests == before


def test_a_changed_text_in_a_file_is_loaded_and_reported(tmp_path):
    load(write(tmp_path, en={"pages": {"news": PAGE}}))
    report = load(write(tmp_path, en={"pages": {"news": PAGE | {"title": "Latest news"}}}))
    assert "pages.news: updated" in report
    assert Page.objects.get(key="news").title_en == "Latest news"


def test_a_file_with_a_byte_order_mark_is_loaded(tmp_path):
    path = write(tmp_path, en={"pages": {"news": PAGE | {"title": "Latest news"}}}) / "en.toml"
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes())
    load(path.parent)
    assert Page.objects.get(key="news").title_en == "Latest news"


@pytest.mark.once
def test_a_file_in_another_encoding_is_refused_with_the_line(tmp_path):
    (tmp_path / "en.toml").write_bytes('[pages.news]\ntitle = "Für"\n'.encode("latin-1"))
    with pytest.raises(CommandError, match=r"en\.toml: line 2 is not in UTF-8\. Save the file in UTF-8\."):
        load(tmp_path)


def test_a_value_that_an_editor_changed_is_kept_and_reported(tmp_path):
    load(write(tmp_path, en={"pages": {"news": PAGE}}, pl={"pages": {"news": {"title": "Nowe"}}}))
    Page.objects.filter(key="news").update(title_en="Edited")
    changed = PAGE | {"title": "From the file", "description": "Also new."}
    report = load(write(tmp_path, en={"pages": {"news": changed}}, pl={"pages": {"news": {"title": "Nowości"}}}))
    page = Page.objects.get(key="news")
    assert (page.title_en, page.description_en, page.title_pl) == ("Edited", "Also new.", "Nowości")
    assert "pages.news.title_en: kept, because an editor changed it" in report


def test_a_field_that_an_editor_emptied_stays_empty(tmp_path):
    load(write(tmp_path, en={"pages": {"news": PAGE | {"lead": "Hello"}}}))
    Page.objects.filter(key="news").update(lead_en="")
    load(write(tmp_path, en={"pages": {"news": PAGE | {"lead": "Hello again"}}}))
    assert Page.objects.get(key="news").lead_en == ""


@pytest.mark.nightly
def test_an_item_that_an_editor_deleted_is_created_only_with_restore():
    Deliverable.objects.get(key="social-inclusion").delete()
    assert "deliverables.social-inclusion: left out, because an editor deleted it" in load()
    assert not Deliverable.objects.filter(key="social-inclusion").exists()
    assert "deliverables.social-inclusion: created" in load(restore=True)
    assert Deliverable.objects.get(key="social-inclusion").title_pl == "Włączenie społeczne"


@pytest.mark.nightly
def test_an_item_that_an_editor_added_is_not_changed():
    Page.objects.create(key="mine", **{f"{name}_en": text for name, text in PAGE.items()})
    load()
    assert Page.objects.filter(key="mine").exists()


def test_a_language_that_is_added_later_is_loaded(tmp_path):
    load(write(tmp_path, en={"pages": {"news": PAGE}}))
    load(write(tmp_path, sv={"pages": {"news": {"title": "Nyheter"}}}))
    assert Page.objects.get(key="news").title_sv == "Nyheter"


@pytest.mark.once
def test_rich_text_is_sanitised_when_it_is_loaded(tmp_path):
    load(write(tmp_path, en={"pages": {"news": PAGE | {"body": "<p onclick='x'>A<script>b</script></p>"}}}))
    assert Page.objects.get(key="news").body_en == "<p>A</p>"


@pytest.mark.once
def test_a_phrase_in_a_content_file_keeps_its_language_and_a_malformed_one_goes(tmp_path):
    body = "<p lang='pl'><span lang='pl'>A</span> <span lang='polski'>b</span></p>"
    folder = write(tmp_path, en={"pages": {"news": PAGE | {"body": body}}})
    load(folder)
    assert Page.objects.get(key="news").body_en == '<p><span lang="pl">A</span> b</p>'


@pytest.mark.once
@pytest.mark.parametrize(
    ("en", "message"),
    [
        ({"page": {"news": PAGE}}, "en.toml: page: unknown section; use one of "),
        ({"pages": {"news": PAGE | {"titel": "x"}}}, "en.toml: pages.news.titel: unknown field; use one of "),
        ({"pages": {"news": PAGE | {"title": 5}}}, "en.toml: pages.news.title: must be a text in quotes, not 5."),
        ({"pages": {"news": PAGE | {"title": ""}}}, "en.toml: pages.news.title: missing; it must have a value."),
        ({"pages": {"news": PAGE | {"kind": "nonsense"}}}, "en.toml: pages.news.kind: "),
        ({"pages": {"news": PAGE | {"title": "x" * 151}}}, "en.toml: pages.news.title: "),
        ({"pages": {"news ": PAGE}}, "en.toml: pages.news : the key is not allowed"),
        ({"pages": {"No such key": PAGE}}, "en.toml: pages.No such key: the key is not allowed"),
        ({"pages": {"news": PAGE | {"order": True}}}, "pages.news.order: must be a whole number, not True."),
        ({"pages": {"news": PAGE | {"title": "A\ufffe"}}}, "en.toml: pages.news.title: The text contains U+FFFE"),
        ({"pages": {"news": PAGE | {"title": "\u200b "}}}, "en.toml: pages.news.title: missing; it must have a value."),
        ({"pages": "news"}, "en.toml: pages: write each item as a table: [pages.some-key]."),
        (
            {"initiative_parts": {"part": {"title": "A", "initiative": "nowhere"}}},
            "en.toml: initiative_parts.part.initiative: “nowhere” is not a key of [initiatives]; correct it, or add",
        ),
    ],
)
def test_an_error_names_file_key_and_remedy_and_nothing_is_changed(tmp_path, en, message):
    before = Page.objects.count()
    with pytest.raises(CommandError) as caught:
        load(write(tmp_path, en={"redirects": {"valid": {"old_path": "/valid"}}} | en))
    assert "nothing was changed" in str(caught.value)
    assert message in str(caught.value)
    assert Page.objects.count() == before
    assert not ImportState.objects.filter(key="valid").exists()


@pytest.mark.once
@pytest.mark.parametrize(
    ("pl", "message"),
    [
        ({"pages": {"elsewhere": {"title": "x"}}}, "pl.toml: pages.elsewhere: not in en.toml; correct the key"),
        ({"pages": {"news": {"order": 2}}}, "pl.toml: pages.news.order: not a translated field; give it in the source"),
    ],
)
def test_an_error_in_a_translation_is_reported(tmp_path, pl, message):
    with pytest.raises(ContentError) as caught:
        ContentFiles(write(tmp_path, en={"pages": {"news": PAGE}}, pl=pl))
    assert message in str(caught.value)


@pytest.mark.once
def test_files_of_languages_that_the_site_does_not_have_are_left_out(tmp_path):
    folder = write(tmp_path, en={"pages": {"news": PAGE}}, cs={"pages": {"news": {"title": "Novinky"}}})
    assert list(ContentFiles(folder).files) == ["en"]


@pytest.mark.once
def test_all_errors_are_reported_together(tmp_path):
    folder = write(tmp_path, en={"pages": {"news": PAGE | {"titel": "x", "order": "one"}}, "nothing": {}})
    (folder / "xx.toml").write_text("")
    (folder / "pl.toml").write_text("not toml")
    with pytest.raises(ContentError) as caught:
        ContentFiles(folder)
    assert len(caught.value.errors) == 5


@pytest.mark.once
def test_a_folder_without_the_source_file_is_an_error(tmp_path):
    with pytest.raises(CommandError, match=r"en\.toml: the file of the source language is missing"):
        load(tmp_path)


def test_nothing_is_loaded_if_the_database_refuses_an_item(tmp_path):
    documents = {"pages": {"one": PAGE | {"kind": "home"}}, "redirects": {"a": {"old_path": "/a"}}}
    with pytest.raises(CommandError, match=r"pages\.one: .*This section has a page already"):
        load(write(tmp_path, en=documents))
    assert not ImportState.objects.filter(section="redirects", key="a").exists()


def picture(**options) -> bytes:
    output = BytesIO()
    Image.new("RGB", (40, 30), "teal").save(output, "PNG", **options)
    return output.getvalue()


@pytest.mark.nightly
@pytest.mark.once
@pytest.mark.usefixtures("without_pictures")
def test_pictures_are_loaded_once_and_dumped(tmp_path):
    university = {"university-of-oulu": {"logo": "images/oulu.png", "logo_alt": "Oulu’s logo"}}
    source = dump(tmp_path / "source") and tmp_path / "source"
    (source / "images").mkdir()
    (source / "images/oulu.png").write_bytes(picture())
    text = (source / "en.toml").read_text()
    heading = "[partners.university-of-oulu]\n"
    added = "".join(f'{name} = "{value}"\n' for name, value in university["university-of-oulu"].items())
    (source / "en.toml").write_text(text.replace(heading, heading + added))
    assert "partners.university-of-oulu: updated" in load(source)
    stored = PartnerUniversity.objects.get(key="university-of-oulu").logo
    assert stored.width == 40
    assert "0 updated" in load(source)
    dump(tmp_path / "copy")
    assert (tmp_path / "copy/images" / stored.name).read_bytes() == stored.open().read()


@pytest.mark.once
def test_a_damaged_missing_or_outside_picture_is_an_error(tmp_path):
    university = {"name": "U", "city": "C", "summary": "S", "short_name": "U", "city_local": "C", "country": "PL"}
    university |= {"city_local_language": "pl", "latitude": 1, "longitude": 2, "founded": 1900}
    university |= {"website": "https://example.org/", "logo_alt": "L"}
    (tmp_path / "text.png").write_text("no picture")
    for logo, message in (
        ("text.png", "This file is not a readable picture."),
        ("missing.png", "is missing; add it, or correct the path"),
        ("../../etc/passwd", "must be the path of a picture below the content folder"),
    ):
        with pytest.raises(ContentError) as caught:
            ContentFiles(write(tmp_path, en={"partners": {"u": university | {"logo": logo}}}))
        assert message in str(caught.value)


@pytest.mark.nightly
@pytest.mark.once
@pytest.mark.usefixtures("without_pictures")
def test_dumping_the_content_of_the_site_gives_the_loaded_files(tmp_path):
    first, second = tmp_path / "backups" / "first", tmp_path / "second"
    dump(first)
    delete_everything()
    load(first)
    dump(second)
    assert read(first) == read(second)
    assert set(read(first)) == {f"{code}.toml" for code in settings.CONTENT_LANGUAGES}
    for model in (Alliance, Deliverable, Initiative, Milestone, Page, PartnerUniversity, Task):
        assert model.objects.count() > 0


def texts(max_size: int) -> st.SearchStrategy[str]:
    """Return a strategy for texts as a form field stores them: stripped and without control characters."""
    letters = st.characters(codec="utf-8", exclude_categories=("Cc", "Cs", "Zl", "Zp"))
    return st.text(letters, min_size=1, max_size=max_size).map(str.strip).filter(bool)


SLUGS = st.from_regex(r"[a-z0-9]{1,8}(-[a-z0-9]{1,8}){0,3}", fullmatch=True)
PARAGRAPHS = texts(60).map(lambda text: text.replace("&", "").replace("<", "").replace(">", "").strip())
PAGES = st.dictionaries(
    SLUGS,
    st.fixed_dictionaries(
        {"title_en": texts(150), "short_title_en": texts(40), "description_en": texts(300)},
        optional={
            "title_pl": texts(150),
            "description_hr": texts(300),
            "lead_tr": texts(600),
            "slug_fi": SLUGS,
            "body_en": PARAGRAPHS.filter(bool).map(lambda text: f"<p>{text}</p>"),
            "order": st.integers(0, 32767),
            "place": st.sampled_from(["menu", "footer", "nowhere"]),
            "is_published": st.booleans(),
        },
    ),
    max_size=4,
)
MILESTONES = st.dictionaries(
    SLUGS,
    st.fixed_dictionaries(
        {
            "title_en": texts(200),
            "source": texts(200),
            "date": st.dates(),
            "precision": st.sampled_from(["day", "month", "year"]),
        },
        optional={"title_sv": texts(200)},
    ),
    max_size=3,
)


def stored_values(item) -> dict:
    """Return all stored values of `item` except id and time."""
    return {f.name: getattr(item, f.attname) or None for f in item._meta.fields if f.name not in ("id", "updated_at")}


@pytest.mark.nightly
@pytest.mark.once
@hypothesis_settings(
    max_examples=20, derandomize=True, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(pages=PAGES, milestones=MILESTONES)
def test_loading_dumped_files_gives_the_same_content(empty_site, pages, milestones):
    slugs = [page["slug_fi"] for page in pages.values() if "slug_fi" in page]
    with transaction.atomic(), tempfile.TemporaryDirectory() as folder:
        for key, page in pages.items():
            if slugs.count(page.get("slug_fi")) > 1:
                page = page | {"slug_fi": None}
            Page.objects.create(key=key, **page)
        for key, milestone in milestones.items():
            Milestone.objects.create(key=key, **milestone)
        before = {page.key: stored_values(page) for page in Page.objects.all()}
        first, second = Path(folder) / "first", Path(folder) / "second"
        dump(first)
        delete_everything()
        load(first)
        dump(second)
        assert read(first) == read(second)
        assert {page.key: stored_values(page) for page in Page.objects.all()} == before
        assert before.keys() == pages.keys()
        transaction.set_rollback(True)


def test_past_slugs_are_dumped_and_loaded(tmp_path, client, empty_site):
    polish = {"title": "Pierwszy", "slug": "pierwszy"}
    files = {"en": {"news": PAGE}, "pl": {"news": polish}, "de": {"news": {"title": "Erste"}}}
    load(write(tmp_path / "loaded", **{code: {"pages": pages} for code, pages in files.items()}))
    page = Page.objects.get()
    first = page.slug_pl
    for slug in ("nowy", "jeszcze-nowszy"):
        Page.objects.filter(pk=page.pk).update(slug_pl=slug)
    Page.objects.filter(pk=page.pk).update(slug_en="new")
    dump(tmp_path)
    assert f'"{first}",\n    "nowy",' in (tmp_path / "pl.toml").read_text()
    assert "past_slugs" not in (tmp_path / "de.toml").read_text()
    delete_everything()
    PastSlug.objects.all().delete()
    load(tmp_path)
    for old in (first, "nowy"):
        assert client.get(f"/pl/{old}/")["Location"] == "/pl/jeszcze-nowszy/"
    before = list(PastSlug.objects.values())
    assert "0 created, 0 updated" in load(tmp_path)
    assert list(PastSlug.objects.values()) == before


def test_a_past_slug_in_a_file_does_not_replace_that_of_another_item(tmp_path):
    PastSlug.objects.create(section="pages", language="en", slug="old", key="privacy-policy")
    load(write(tmp_path, en={"pages": {"news": PAGE | {"past_slugs": ["old", "older"]}}}))
    assert dict(PastSlug.objects.values_list("slug", "key")) == {"old": "privacy-policy", "older": "news"}


@pytest.mark.once
@pytest.mark.parametrize("value", ["old", [5], ["no address"], ["x" * 101]])
def test_invalid_past_slugs_are_an_error(tmp_path, value):
    with pytest.raises(CommandError, match=r"pages\.news\.past_slugs: must be a list of slugs"):
        load(write(tmp_path, en={"pages": {"news": PAGE | {"past_slugs": value}}}))


def folder_of(tmp_path: Path, **changes) -> Path:
    """A folder with the shipped alliance and its universities, and these changes of the alliance."""
    source = ContentFiles(settings.CONTENT_DIR).source
    alliance = source["alliance"]["alliance"] | changes
    partners = {
        key: {name: value for name, value in partner.items() if name not in ("cover", "map")}
        for key, partner in source["partners"].items()
    }
    return write(tmp_path, en={"alliance": {"alliance": alliance}, "partners": partners})


@pytest.mark.nightly
@pytest.mark.parametrize("changes", [{"acronym": "OTHER"}, {"host": "university-of-oulu"}], ids=str)
def test_the_content_of_another_site_is_refused_with_the_remedy(tmp_path, changes):
    folder = folder_of(tmp_path, **changes)
    with pytest.raises(CommandError, match=r"Content of both would mix\. Start these files with an empty database"):
        load(folder)
    alliance = Alliance.objects.get()
    assert alliance.acronym == "UNIC" and alliance.host.key == "university-of-lodz"


@pytest.mark.nightly
def test_other_changes_of_the_alliance_are_those_of_the_same_site(tmp_path):
    load(folder_of(tmp_path, name="A European Alliance"))
    assert Alliance.objects.get().name == "A European Alliance"


@pytest.mark.nightly
def test_an_acronym_that_staff_changed_first_may_change_in_the_files(tmp_path):
    Alliance.objects.update(acronym="NEXT")
    load(folder_of(tmp_path, acronym="NEXT"))
    assert "0 updated" in load(folder_of(tmp_path, acronym="NEXT"))
    assert Alliance.objects.get().acronym == "NEXT"


@pytest.fixture
def prepare(monkeypatch, settings, tmp_path):
    """Run `prepare` with content files, without the steps that are not about content. Return its errors."""

    def run(folder: Path) -> str:
        settings.CONTENT_DIR = folder
        real, errors = prepare_module.call_command, StringIO()
        called = ("load_content",)
        monkeypatch.setattr(
            prepare_module,
            "call_command",
            lambda name, **options: real(name, folder=folder, **options) if name in called else None,
        )
        monkeypatch.setattr(prepare_module.Command, "collect_static_files", lambda self: None)
        monkeypatch.setattr(prepare_module.Command, "migrate", lambda self, verbosity: None)
        call_command("prepare", stderr=errors, stdout=StringIO())
        return errors.getvalue()

    return run


def test_an_error_in_a_file_does_not_stop_a_site_that_has_content(prepare, tmp_path):
    errors = prepare(write(tmp_path, en={"pages": {"news": {"titel": "News"}}}))
    assert "pages.news" in errors and "The site starts with the content of the database." in errors


@pytest.mark.usefixtures("empty_site")
def test_an_error_in_a_file_stops_a_site_without_content(prepare, tmp_path):
    with pytest.raises(CommandError, match=r"pages\.news"):
        prepare(write(tmp_path, en={"pages": {"news": {"titel": "News"}}}))


@pytest.mark.nightly
def test_the_content_of_another_site_stops_the_start(prepare, tmp_path):
    with pytest.raises(CommandError, match="Content of both would mix"):
        prepare(folder_of(tmp_path, acronym="OTHER"))
