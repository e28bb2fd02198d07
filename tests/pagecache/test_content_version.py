"""Every change of what visitors read gives the content a new name, whichever way it is made."""

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
from consent.models import EmbeddedContent, Notice, NoticeVersion, Purpose
from editorial.content_files import load
from editorial.models import Content
from jobs.models import Job
from pagecache.models import ContentVersion
from pages.models import Page, Redirect
from partners.models import PartnerUniversity
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


def bulk_create_what_is_there():
    partner = make_partner()
    partner.save()
    PartnerUniversity.objects.bulk_create(
        [partner], update_conflicts=True, update_fields=["city_en"], unique_fields=["key"]
    )


def bulk_update():
    partners = list(PartnerUniversity.objects.all())
    PartnerUniversity.objects.bulk_update(partners, ["order"])


def delete():
    EmbeddedContent.objects.create(
        title="A film",
        provider="Example",
        purpose=Purpose.objects.filter(is_necessary=False).first(),
        page_url="https://example.org/film",
        frame_url="https://example.org/embed",
    )
    before = ContentVersion.objects.current()
    EmbeddedContent.objects.all().delete()
    assert ContentVersion.objects.current() != before


def link_two_things():
    task = Task.objects.filter(initiatives__isnull=False).first()
    task.initiatives.clear()


def link_two_more():
    EntryPoint.objects.first().pages.add(Page.objects.create(key="another", title_en="Another", slug_en="another"))


def empty_a_table():
    with connection.cursor() as cursor:
        cursor.execute(
            "TRUNCATE alliance_figure" if connection.vendor == "postgresql" else "DELETE FROM alliance_figure"
        )


def publish_a_notice():
    Notice.objects.update(heading_en="Another heading")
    before = ContentVersion.objects.current()
    assert NoticeVersion.objects.publish()
    assert ContentVersion.objects.current() != before


def sql_by_hand():
    with connection.cursor() as cursor:
        cursor.execute("UPDATE pages_page SET body_en = body_en")


@pytest.mark.parametrize(
    "change",
    [
        save,
        update,
        create,
        bulk_create,
        bulk_create_what_is_there,
        bulk_update,
        delete,
        link_two_things,
        link_two_more,
        empty_a_table,
        publish_a_notice,
        sql_by_hand,
    ],
    ids=lambda change: change.__name__,
)
def test_a_change_of_content_renews_the_generation(change):
    before = ContentVersion.objects.current()
    change()
    after = ContentVersion.objects.current()
    assert after and after != before


def test_a_change_in_the_admin_renews_the_generation(client, staff):
    client.force_login(staff())
    before = ContentVersion.objects.current()
    redirects = {"old_path": "/old", "new_path": "/en/", "is_published": "on"}
    assert client.post("/admin/pages/redirect/add/", redirects).status_code == 302
    assert ContentVersion.objects.current() != before


def test_the_form_of_an_item_in_the_admin_renews_the_generation(client, staff):
    client.force_login(staff())
    partner = PartnerUniversity.objects.first()
    sent = filled_in(client.get(address(partner)), founded="1901")
    before = ContentVersion.objects.current()
    assert client.post(address(partner), sent).status_code == 302
    assert ContentVersion.objects.current() != before


def test_what_a_translator_writes_at_the_desk_renews_the_generation(client, staff):
    client.force_login(staff("Translators"))
    text = text_of(Page.objects.get(kind="vision"))
    before = ContentVersion.objects.current()
    assert press(client, text, "_save", "Inna wizja", follow=False).status_code == 302
    assert ContentVersion.objects.current() != before


def test_an_action_in_a_list_of_the_admin_renews_the_generation(client, staff):
    client.force_login(staff())
    redirect = Redirect.objects.create(old_path="/old", new_path="/en/")
    before = ContentVersion.objects.current()
    chosen = {"action": "delete_selected", "_selected_action": [redirect.pk], "post": "yes"}
    assert client.post("/admin/pages/redirect/", chosen).status_code == 302
    assert ContentVersion.objects.current() != before


def test_a_picture_and_the_sizes_that_are_made_of_it_renew_the_generation(django_capture_on_commit_callbacks):
    before = ContentVersion.objects.current()
    with django_capture_on_commit_callbacks() as makings:
        picture = make_picture()
    uploaded = ContentVersion.objects.current()
    for make in makings:
        make()
    made = ContentVersion.objects.current()
    picture.focal_x = 10
    picture.save()
    assert len({before, uploaded, made, ContentVersion.objects.current()}) == 4


def test_texts_that_come_back_from_a_translator_renew_the_generation(tmp_path):
    texts = export(tmp_path / "pl.po")
    Page.objects.filter(kind="vision").update(title_pl="")
    before = ContentVersion.objects.current()
    import_file(texts)
    assert ContentVersion.objects.current() != before


def test_bringing_back_what_was_deleted_from_content_files_renews_the_generation():
    PartnerUniversity.objects.filter(role="member").first().delete()
    before = ContentVersion.objects.current()
    load(settings.CONTENT_DIR, restore=True)
    assert ContentVersion.objects.current() != before


def test_loading_a_fixture_renews_the_generation(tmp_path):
    fixture = tmp_path / "page.json"
    with fixture.open("w") as file:
        call_command("dumpdata", "pages.page", stdout=file)
    before = ContentVersion.objects.current()
    call_command("loaddata", str(fixture), verbosity=0)
    assert ContentVersion.objects.current() != before


def test_what_is_taken_back_renews_nothing():
    before = ContentVersion.objects.current()
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        update()
        assert ContentVersion.objects.current() != before
        1 / 0  # noqa: B018
    assert ContentVersion.objects.current() == before


def test_visitors_and_sessions_renew_nothing(client, staff):
    before = ContentVersion.objects.current()
    client.post("/en/cookies/decide/", {"action": "accept"}, headers={"sec-fetch-site": "same-origin"})
    client.force_login(staff())
    client.get("/admin/")
    assert ContentVersion.objects.current() == before


def test_every_table_of_content_is_watched_and_no_other():
    content = {model for model in apps.get_models() if issubclass(model, Content)}
    links = {
        model
        for model in apps.get_models(include_auto_created=True)
        if model._meta.auto_created and issubclass(model._meta.auto_created, Content)
    }
    tables = {trigger.table for trigger in registered(connection.vendor).values() if trigger.purpose == "version"}
    assert tables == {model._meta.db_table for model in content | links | {NoticeVersion}}
    translated = {model._meta.db_table for model in translator.get_registered_models(abstract=False)}
    assert translated <= tables


def test_a_change_in_a_table_that_no_app_claims_renews_nothing():
    before = ContentVersion.objects.current()
    Job.objects.create(name="another")
    Job.objects.update(name="a-third")
    Session.objects.create(session_key="key", session_data="", expire_date=timezone.now())
    ContentType.objects.create(app_label="third_party", model="thing").delete()
    assert ContentVersion.objects.current() == before


def test_content_that_nobody_changed_yet_has_a_name_too():
    ContentVersion.objects.all().delete()
    call_command("migrate", verbosity=0)
    assert len(ContentVersion.objects.current()) >= 32


@pytest.mark.once
def test_the_content_version_can_be_migrated_away_and_back(server):
    change = "from pages.models import Page; print(Page.objects.update(order=1))"
    server.manage("migrate", "pagecache", "zero", "-v", "0", check=True)
    server.manage("shell", "-v", "0", "-c", change, check=True)
    server.manage("migrate", "-v", "0", check=True)
    show = f"{change}; print(ContentVersion.objects.current())"
    assert len(server.manage("shell", "-v", "0", "-c", show, check=True).stdout.split()[-1]) >= 32
