"""Each change of content sets a new content version, from each source of changes."""

import pytest
from django.apps import apps
from django.conf import settings
from django.contrib.contenttypes.models import ContentType
from django.contrib.sessions.models import Session
from django.core.management import call_command
from django.db import connection, transaction
from django.utils import timezone
from modeltranslation.translator import translator

from alliance.models import EntryPoint, Task
from consent.models import EmbeddedContent, Notice, NoticeVersion, PolicyVersion
from editorial.content_files import load
from editorial.models import Content
from jobs.models import Job
from pagecache.models import ContentVersion
from pages.models import Page, Redirect
from partners.models import PartnerUniversity
from tests.consent.factories import make_video, put_in_force
from tests.editorial.test_admin import address, filled_in
from tests.partners.factories import make_partner
from tests.pictures.factories import make_picture
from tests.translations.desk.test_texts import press, text_of
from tests.translations.exchange.test_import import export, import_file
from triggers.registry import registered

pytestmark = pytest.mark.django_db


def save():
    Page.objects.get(kind="vision").save()


def update():
    Page.objects.filter(kind="vision").update(title_pl="Nowy tytuł")


def create():
    make_partner().save()


def bulk_create():
    PartnerUniversity.objects.bulk_create([make_partner(1), make_partner(2)])


def bulk_create_existing():
    partner = make_partner()
    partner.save()
    PartnerUniversity.objects.bulk_create(
        [partner], update_conflicts=True, update_fields=["city_en"], unique_fields=["key"]
    )


def bulk_update():
    partners = list(PartnerUniversity.objects.all())
    PartnerUniversity.objects.bulk_update(partners, ["order"])


def delete():
    make_video(publish=False)
    before = ContentVersion.objects.current()
    EmbeddedContent.objects.all().delete()
    assert ContentVersion.objects.current() != before


def clear_links():
    task = Task.objects.filter(initiatives__isnull=False).first()
    task.initiatives.clear()


def add_link():
    EntryPoint.objects.first().pages.add(Page.objects.create(key="another", title_en="Another", slug_en="another"))


def empty_a_table():
    with connection.cursor() as cursor:
        cursor.execute(
            "TRUNCATE alliance_figure" if connection.vendor == "postgresql" else "DELETE FROM alliance_figure"
        )


def publish_a_notice():
    Notice.objects.update(heading_en="Another heading")
    before = ContentVersion.objects.current()
    assert put_in_force()
    assert ContentVersion.objects.current() != before


def execute_sql():
    with connection.cursor() as cursor:
        cursor.execute("UPDATE pages_page SET body_en = body_en")


@pytest.mark.parametrize(
    "change",
    [
        save,
        update,
        create,
        bulk_create,
        bulk_create_existing,
        bulk_update,
        delete,
        clear_links,
        add_link,
        empty_a_table,
        publish_a_notice,
        execute_sql,
    ],
    ids=lambda change: change.__name__,
)
def test_a_change_of_content_sets_a_new_version(change):
    before = ContentVersion.objects.current()
    change()
    after = ContentVersion.objects.current()
    assert after and after != before


def test_a_change_in_the_admin_sets_a_new_version(client, staff):
    client.force_login(staff())
    before = ContentVersion.objects.current()
    data = {"old_path": "/old", "new_path": "/en/", "is_published": "on"}
    assert client.post("/admin/pages/redirect/add/", data).status_code == 302
    assert ContentVersion.objects.current() != before


def test_the_form_of_an_item_in_the_admin_sets_a_new_version(client, staff):
    client.force_login(staff())
    partner = PartnerUniversity.objects.first()
    data = filled_in(client.get(address(partner)), founded="1901")
    before = ContentVersion.objects.current()
    assert client.post(address(partner), data).status_code == 302
    assert ContentVersion.objects.current() != before


def test_a_translation_at_the_desk_sets_a_new_version(client, staff):
    client.force_login(staff("Translators"))
    text = text_of(Page.objects.get(kind="vision"))
    before = ContentVersion.objects.current()
    assert press(client, text, "_save", "Inna wizja", follow=False).status_code == 302
    assert ContentVersion.objects.current() != before


def test_an_action_in_a_list_of_the_admin_sets_a_new_version(client, staff):
    client.force_login(staff())
    redirect = Redirect.objects.create(old_path="/old", new_path="/en/")
    before = ContentVersion.objects.current()
    data = {"action": "delete_selected", "_selected_action": [redirect.pk], "post": "yes"}
    assert client.post("/admin/pages/redirect/", data).status_code == 302
    assert ContentVersion.objects.current() != before


def test_an_upload_its_renditions_and_a_change_of_a_picture_set_new_versions(django_capture_on_commit_callbacks):
    before = ContentVersion.objects.current()
    with django_capture_on_commit_callbacks() as callbacks:
        picture = make_picture()
    uploaded = ContentVersion.objects.current()
    for callback in callbacks:
        callback()
    rendered = ContentVersion.objects.current()
    picture.focal_x = 10
    picture.save()
    assert len({before, uploaded, rendered, ContentVersion.objects.current()}) == 4


@pytest.mark.nightly
def test_imported_translations_set_a_new_version(tmp_path):
    texts = export(tmp_path / "pl.po")
    Page.objects.filter(kind="vision").update(title_pl="")
    before = ContentVersion.objects.current()
    import_file(texts)
    assert ContentVersion.objects.current() != before


@pytest.mark.nightly
def test_restoring_deleted_content_from_files_sets_a_new_version():
    PartnerUniversity.objects.filter(role="member").first().delete()
    before = ContentVersion.objects.current()
    load(settings.CONTENT_DIR, restore=True)
    assert ContentVersion.objects.current() != before


def test_loading_a_fixture_sets_a_new_version(tmp_path):
    fixture = tmp_path / "page.json"
    with fixture.open("w") as file:
        call_command("dumpdata", "pages.page", stdout=file)
    before = ContentVersion.objects.current()
    call_command("loaddata", str(fixture), verbosity=0)
    assert ContentVersion.objects.current() != before


def test_a_change_that_is_rolled_back_sets_no_new_version():
    before = ContentVersion.objects.current()
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        update()
        assert ContentVersion.objects.current() != before
        1 / 0  # noqa: B018
    assert ContentVersion.objects.current() == before


def test_requests_of_visitors_and_sessions_set_no_new_version(client, staff):
    before = ContentVersion.objects.current()
    client.post("/en/cookies/decide/", {"action": "accept", "notice": 1}, headers={"sec-fetch-site": "same-origin"})
    client.force_login(staff())
    client.get("/admin/")
    assert ContentVersion.objects.current() == before


def test_all_content_tables_have_triggers_and_no_other_tables():
    content = {model for model in apps.get_models() if issubclass(model, Content)}
    links = {
        model
        for model in apps.get_models(include_auto_created=True)
        if model._meta.auto_created and issubclass(model._meta.auto_created, Content)
    }
    tables = {trigger.table for trigger in registered(connection.vendor).values() if trigger.purpose == "version"}
    assert tables == {model._meta.db_table for model in content | links | {NoticeVersion, PolicyVersion}}
    translated = {model._meta.db_table for model in translator.get_registered_models(abstract=False)}
    assert translated <= tables


def test_a_change_of_a_table_that_is_not_content_sets_no_new_version():
    before = ContentVersion.objects.current()
    Job.objects.create(name="another")
    Job.objects.update(name="a-third")
    Session.objects.create(session_key="key", session_data="", expire_date=timezone.now())
    ContentType.objects.create(app_label="third_party", model="thing").delete()
    assert ContentVersion.objects.current() == before


def test_there_is_a_content_version_before_the_first_change():
    ContentVersion.objects.all().delete()
    call_command("migrate", verbosity=0)
    assert len(ContentVersion.objects.current()) >= 32
