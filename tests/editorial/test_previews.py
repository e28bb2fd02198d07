"""Previews: the page of an unsaved form or a revision, for staff and by a link without an account."""

import logging
import re
from datetime import timedelta

import pytest
from django.contrib import admin
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.test import RequestFactory
from django.urls import reverse
from django.utils import timezone

from alliance.models import Alliance, Deliverable, Figure, Initiative, Milestone, Task
from consent.models import Decision
from consent.state import ConsentState
from editorial.models import DeletedItem, PreviewedForm, PreviewLink, Revision, content_models
from editorial.models.preview import delete_ended
from editorial.previews import Preview
from editorial.revisions import snapshots
from editorial.revisions.restoring import restore_deleted
from pages.cached import layout_pages
from pages.models import Page, Redirect
from partners.models import PartnerUniversity
from pictures.models import Picture
from tests.consent.factories import make_counter, make_video
from tests.consent.visitors import press
from tests.editorial.test_admin import address, filled_in
from tests.pictures.factories import make_picture

pytestmark = pytest.mark.django_db
SECRET = "A text that nobody published"


@pytest.fixture
def signed_in(client, staff):
    def sign_in(*groups):
        client.force_login(staff(*groups))
        return client

    return sign_in


@pytest.fixture
def deliverable():
    return Deliverable.objects.get(key="seamless-mobility")


def draft_of(item, **values) -> Revision:
    """Save a draft of `item` with changed `values` of the item itself."""
    Revision.objects.record()
    data = snapshots.take(type(item), [item.pk])[item.pk]
    data[snapshots.ITEM] |= values
    return Revision.objects.save_draft(item, data)


def link_to(revision: Revision, days: int = 7) -> PreviewLink:
    return revision.preview_links.create(author_name="root", expires_at=timezone.now() + timedelta(days=days))


def frame(client, page: str) -> str:
    """Return the address of the page in the frame of `page`."""
    return re.search(r'<iframe src="([^"]+)"', client.get(page).content.decode())[1].replace("&amp;", "&")


def page_of(client, revision: Revision, query: str = "") -> str:
    """Return the page of `revision` as staff see it."""
    return client.get(frame(client, f"{reverse('admin:editorial_revision_preview', args=[revision.pk])}{query}"))


def preview(client, item, **changes):
    """Press “Preview” in the form of `item` with `changes`."""
    path = address(item)
    return client.post(path, filled_in(client.get(path), **changes) | {"_preview": "Preview"})


# The unsaved form


@pytest.mark.nightly
def test_the_form_of_each_kind_that_a_page_shows_offers_a_preview(signed_in):
    client = signed_in()
    for model in content_models():
        item = model._base_manager.first()
        if item is None or not admin.site.is_registered(model):
            continue
        html = client.get(address(item)).content.decode()
        assert ('name="_preview"' in html) == model.has_page(), model


def test_a_preview_shows_the_unsaved_form_on_the_real_page_and_saves_nothing(signed_in, deliverable):
    client = signed_in("Editors")
    before = Revision.objects.count()
    response = preview(client, deliverable, title_en=SECRET)
    assert SECRET in client.get(frame(client, response.url)).content.decode()
    assert Revision.objects.count() == before
    assert Deliverable.objects.get(pk=deliverable.pk).title_en == deliverable.title_en
    assert SECRET not in client.get(deliverable.get_absolute_url()).content.decode()


def test_a_preview_of_a_form_shows_its_draft_and_the_changes_to_it(signed_in, deliverable):
    draft_of(deliverable, summary_en="A summary in the draft")
    client = signed_in("Editors")
    html = client.get(frame(client, preview(client, deliverable, title_en=SECRET).url)).content.decode()
    assert SECRET in html and "A summary in the draft" in html
    assert Revision.objects.draft_of(deliverable).data[""]["title_en"] == deliverable.title_en


def test_a_form_without_changes_leads_to_the_stored_version_which_can_be_shared(signed_in, deliverable):
    client = signed_in("Editors")
    draft = draft_of(deliverable, title_en=SECRET)
    assert preview(client, deliverable).url == reverse("admin:editorial_revision_preview", args=[draft.pk])


def test_a_new_item_is_previewed_before_it_exists(signed_in):
    client = signed_in("Editors")
    path = reverse("admin:alliance_deliverable_add")
    form = filled_in(client.get(path), title_en=SECRET, summary_en="A summary", body_en="<p>A text</p>")
    response = client.post(path, form | {"_preview": "Preview"})
    assert SECRET in client.get(frame(client, response.url)).content.decode()
    assert not Deliverable.objects.filter(title_en=SECRET).exists()


def test_an_invalid_form_is_shown_with_its_errors_and_the_input(signed_in, deliverable):
    response = preview(signed_in("Editors"), deliverable, title_en="", summary_en=SECRET)
    html = response.content.decode()
    assert response.status_code == 200 and "This field is required." in html and SECRET in html
    assert not PreviewedForm.objects.exists()


def test_a_translator_previews_their_texts(signed_in, deliverable):
    client = signed_in("Translators", "Translators: Polski")
    response = preview(client, deliverable, title_pl="Tytuł z formularza")
    assert "Tytuł z formularza" in client.get(frame(client, f"{response.url}?language=pl")).content.decode()


def test_a_picture_that_was_chosen_in_the_form_is_in_the_preview_only(signed_in):
    client = signed_in()
    alliance = Alliance.objects.get()
    logo = make_picture(name="A logo").file.read()
    upload = ContentFile(logo, "logo.png")
    response = preview(client, alliance, logo=upload, logo_alt_en="The logo of a draft")
    html = client.get(frame(client, response.url)).content.decode()
    source = re.search(r'<img[^>]+src="(/media/alliance/[^"]+)"', html)[1]
    shown = client.get(source)
    assert shown.status_code == 200 and shown.headers["Cache-Control"] == "private, no-store"
    assert "X-Accel-Expires" not in shown.headers
    assert client.get(source.partition("?")[0]).status_code == 404
    other = default_storage.save("alliance/other.png", ContentFile(logo))
    assert client.get(f"/media/{other}?{source.partition('?')[2]}").status_code == 404


def test_only_the_person_who_sent_a_form_sees_its_preview(signed_in, staff, deliverable):
    client = signed_in("Editors")
    response = preview(client, deliverable, title_en=SECRET)
    page = frame(client, response.url)
    client.force_login(staff("Publishers"))
    assert client.get(response.url).status_code == client.get(page).status_code == 404


# Revisions


def test_any_revision_is_shown_in_any_language(signed_in, deliverable):
    client = signed_in("Editors")
    first = draft_of(deliverable, title_pl="Pierwszy tytuł")
    second = draft_of(deliverable, title_pl="Drugi tytuł")
    first.refresh_from_db()
    assert first.state == Revision.State.PAST
    assert "Pierwszy tytuł" in page_of(client, first, "?language=pl").content.decode()
    shown = page_of(client, second, "?language=pl")
    assert "Drugi tytuł" in shown.content.decode() and shown.headers["Content-Language"] == "pl"
    assert "Drugi tytuł" not in page_of(client, second, "?language=en").content.decode()


def test_a_draft_is_shown_with_later_changes_of_the_live_item(signed_in, deliverable):
    draft = draft_of(deliverable, title_en=SECRET)
    with Revision.objects.recorded():
        deliverable.summary_en = "A later correction"
        deliverable.save()
    html = page_of(signed_in("Editors"), draft).content.decode()
    assert SECRET in html and "A later correction" in html


def test_a_deleted_item_is_shown_to_staff(signed_in, deliverable):
    with Revision.objects.recorded():
        deliverable.delete()
    binned = Revision.objects.bin().get()
    assert deliverable.title_en in page_of(signed_in("Editors"), binned).content.decode()
    assert not Deliverable.objects.filter(pk=deliverable.pk).exists()


def test_an_item_without_a_page_is_shown_on_the_page_with_it(signed_in):
    client = signed_in("Editors")
    task = Task.objects.first()
    values = {Figure: "label_en", Milestone: "title_en", Task: "title_en"}
    for item in (Figure.objects.newest_per_label().first(), Milestone.objects.last(), task):
        shown = page_of(client, draft_of(item, **{values[type(item)]: SECRET}))
        assert SECRET in shown.content.decode(), item
    initiative = Initiative.objects.filter(parts__isnull=False)[0]
    Revision.objects.record()
    data = snapshots.take(Initiative, [initiative.pk])[initiative.pk]
    part = next(row for row in data if row.startswith("initiative_parts."))
    data[part]["title_en"] = SECRET
    assert SECRET in page_of(client, Revision.objects.save_draft(initiative, data)).content.decode()


def test_a_picture_is_shown_on_a_page_that_uses_it(signed_in, deliverable):
    client = signed_in("Editors")
    picture = make_picture()
    assert "No page shows this item yet" in page_of(client, draft_of(picture)).content.decode()
    Deliverable.objects.filter(pk=deliverable.pk).update(cover=picture)
    assert SECRET in page_of(client, draft_of(picture, alt_en=SECRET)).content.decode()


def test_a_kind_that_no_page_shows_has_no_preview(signed_in):
    redirect = Redirect.objects.create(old_path="/a", new_path="/en/")
    Revision.objects.record()
    revision = Revision.objects.of(redirect).first()
    assert signed_in().get(reverse("admin:editorial_revision_preview", args=[revision.pk])).status_code == 404


def test_a_version_that_cannot_be_shown_says_why(signed_in, deliverable):
    client = signed_in("Editors")
    other = Deliverable.objects.exclude(pk=deliverable.pk).first()
    shown = page_of(client, draft_of(deliverable, slug_en=other.slug_en))
    assert shown.status_code == 404 and "Another item has a value that only one item can have" in shown.content.decode()
    draft = draft_of(Task.objects.first(), title_en=SECRET)
    PartnerUniversity.objects.update(is_published=False)
    assert "The page that shows this item is not on the site" in page_of(client, draft).content.decode()


@pytest.mark.parametrize("group", ["Privacy officers", "Translators: Polski", None])
def test_staff_see_previews_only_of_kinds_that_they_may_view(client, staff, deliverable, group, django_user_model):
    draft, page = draft_of(deliverable), draft_of(Page.objects.get(kind=Page.Kind.COOKIES))
    user = staff(group) if group else django_user_model.objects.create_user("nobody", is_staff=True)
    client.force_login(user)
    statuses = {}
    for revision in (draft, page):
        for name in ("", "_page"):
            path = reverse(f"admin:editorial_revision_preview{name}", args=[revision.pk])
            statuses[revision.content_type.model, name] = client.get(path).status_code
    may_view = {"deliverable": group == "Translators: Polski", "page": group is not None}
    assert statuses == {(kind, name): 200 if may_view[kind] else 403 for kind, name in statuses}


def test_privacy_officers_see_no_preview_of_a_deleted_text_page(client, staff):
    page = Page.objects.filter(kind=Page.Kind.TEXT).first() or Page.objects.create(title="A", short_title="A")
    Revision.objects.record()
    with Revision.objects.recorded():
        page.delete()
    client.force_login(staff("Privacy officers"))
    path = reverse("admin:editorial_revision_preview", args=[Revision.objects.bin().get().pk])
    assert client.get(path).status_code == 403


# The page in the frame


def test_only_previews_may_be_framed_and_only_by_this_site(signed_in, client, deliverable):
    draft = draft_of(deliverable)
    page = page_of(signed_in("Editors"), draft)
    assert page.headers["X-Frame-Options"] == "SAMEORIGIN"
    assert "frame-ancestors 'self'" in page.headers["Content-Security-Policy"]
    for path in (deliverable.get_absolute_url(), address(deliverable), link_to(draft).get_absolute_url()):
        response = client.get(path)
        assert response.headers["X-Frame-Options"] == "DENY"
        assert "frame-ancestors 'none'" in response.headers["Content-Security-Policy"]


def test_a_preview_is_the_page_before_or_after_consent_and_loads_nothing_of_others(signed_in, deliverable):
    video = make_video()
    make_counter()
    draft = draft_of(deliverable, body_en=f'<p><a href="{video.page_url}">A video</a></p>')
    client = signed_in("Editors")
    before, after = (page_of(client, draft, f"?consent={when}") for when in ("before", "after"))
    html = before.content.decode()
    assert 'class="consent"' in html and "Show it this once" in html
    html = after.content.decode()
    assert 'class="consent"' not in html and "Show it this once" not in html
    assert video.title in html and f"Visitors who allow {video.provider.name} see the content here" in html
    for response in (before, after):
        assert "<iframe" not in response.content.decode() and "data-script" not in response.content.decode()
        policy = response.headers["Content-Security-Policy"]
        assert "https:" not in policy and "form-action 'none'" in policy and "connect-src 'none'" in policy
    assert not Decision.objects.exists()


def test_a_preview_loads_nothing_whatever_its_reader_allowed(client, deliverable):
    video = make_video()
    press(client, "accept")
    cookie = "; ".join(f"{name}={morsel.coded_value}" for name, morsel in client.cookies.items())
    request = RequestFactory().get("/en/", headers={"cookie": cookie})
    assert ConsentState(request).loads(video)
    request.preview = Preview(Deliverable, deliverable.pk, {}, "en", is_after_consent=True)
    assert not ConsentState(request).loads(video)


# The link without an account


def test_a_link_shows_the_revision_without_an_account(client, deliverable):
    draft = draft_of(deliverable, title_pl="Tytuł szkicu")
    path = link_to(draft).get_absolute_url()
    response = client.get(f"{path}&language=pl")
    assert "Tytuł szkicu" in response.content.decode() and "preview-bar" in response.content.decode()
    assert "Tytuł szkicu" in client.get(path, headers={"Accept-Language": "pl"}).content.decode()
    assert response.headers["Cache-Control"] == "private, no-store"
    assert response.headers["Referrer-Policy"] == "no-referrer"
    assert "noindex" in response.headers["X-Robots-Tag"]
    assert not response.cookies


def test_a_link_shows_the_pictures_of_its_page_until_it_is_revoked_and_no_other_file(
    client, deliverable, django_capture_on_commit_callbacks
):
    with django_capture_on_commit_callbacks(execute=True):
        picture = make_picture()
    unused = default_storage.save("alliance/other.png", ContentFile(picture.file.read()))
    typed = f'<p>Look: src="/media/{unused}" <a href="/media/{unused}">here</a></p>'
    Picture.objects.filter(pk=picture.pk).update(alt_en=f' src="/media/{unused}"')
    link = link_to(draft_of(deliverable, cover=picture.pk, body_en=typed))
    html = client.get(link.get_absolute_url()).content.decode()
    assert html.count(f"/media/{unused}") >= 3 and f"/media/{unused}?" not in html
    source = re.search(r'<img[^>]+src="(/media/[^"]+)"', html)[1]
    assert "?preview=" in source and client.get(source).status_code == 200
    srcset = re.search(r'<source[^>]+srcset="(/media/\S+)', html)[1]
    assert client.get(srcset).status_code == 200
    link.revoke()
    assert client.get(source).status_code == client.get(srcset).status_code == 404


def test_a_link_that_was_revoked_expired_or_changed_says_so_in_the_language_of_the_visitor(client, deliverable):
    ended = {"en": "This preview has ended"}
    working = link_to(draft_of(deliverable, title_en=SECRET))
    revoked, expired = link_to(working.revision), link_to(working.revision, days=-1)
    revoked.revoke()
    paths = [link.get_absolute_url() for link in (revoked, expired)]
    paths += [f"{working.get_absolute_url()[:-1]}", "/preview/", "/preview/?link=x", "/preview/?link=%00"]
    for path in paths:
        response = client.get(path, headers={"Accept-Language": "en"})
        assert response.status_code == 410 and ended["en"] in response.content.decode(), path
        assert SECRET not in response.content.decode()
        assert response.headers["Cache-Control"] == "private, no-store"
        assert response.headers["Referrer-Policy"] == "no-referrer"
    assert 'lang="pl"' in client.get(paths[0], headers={"Accept-Language": "pl"}).content.decode()


def test_a_link_ends_with_its_item_and_its_revision(client, deliverable):
    with Revision.objects.recorded():
        link = link_to(draft_of(deliverable, title_en=SECRET))
        deliverable.delete()
    assert client.get(link.get_absolute_url()).status_code == 410
    restore_deleted(DeletedItem.objects.get(), "")
    assert client.get(link.get_absolute_url()).status_code == 410
    link.revision.delete()
    assert client.get(link.get_absolute_url()).status_code == 410


def test_the_number_of_a_link_is_of_no_use_for_another_link(client, deliverable):
    link = link_to(draft_of(deliverable))
    path = link.get_absolute_url()
    # As after the restore of a backup from before the link.
    PreviewLink.objects.filter(pk=link.pk).update(created_at=timezone.now() + timedelta(seconds=1))
    assert client.get(path).status_code == 410


def test_staff_make_list_and_revoke_links(signed_in, client, deliverable):
    client = signed_in("Editors")
    draft = draft_of(deliverable, title_en=SECRET)
    made = client.post(reverse("admin:editorial_make_preview_link", args=[draft.pk]), {"days": "7"}, follow=True)
    link = PreviewLink.objects.get()
    assert link.author_name == "Editors" and link.expires_at.date() == (timezone.now() + timedelta(days=7)).date()
    assert link.token in made.content.decode()
    listed = client.get(reverse("admin:editorial_previewlink_changelist")).content.decode()
    assert SECRET in listed and "Editors" in listed
    client.post(reverse("admin:editorial_revoke_preview_link", args=[link.pk]))
    client.logout()
    assert client.get(link.get_absolute_url()).status_code == 410


def test_the_time_that_a_link_works_is_in_the_language_of_the_admin(signed_in, deliverable):
    page = reverse("admin:editorial_revision_preview", args=[draft_of(deliverable).pk])
    html = signed_in("Editors").get(page, headers={"accept-language": "pl"}).content.decode()
    assert re.findall(r'<option value="\d+"[^>]*>([^<]+)</option>', html) == ["1 dzień", "7 dni", "30 dni"]


def test_the_languages_of_a_preview_have_their_own_names(signed_in, deliverable):
    draft = draft_of(deliverable)
    page = reverse("admin:editorial_revision_preview", args=[draft.pk])
    client = signed_in("Editors")
    for path in (page, f"{link_to(draft).get_absolute_url()}&language=pl"):
        html = client.get(path, headers={"accept-language": "pl"}).content.decode()
        assert ">English</a>" in html and ">Türkçe</a>" in html


def test_links_are_revoked_together_in_their_list(signed_in, deliverable):
    client = signed_in("Editors")
    links = [link_to(draft_of(deliverable)) for _ in range(2)]
    form = {"action": "revoke_selected", "_selected_action": [link.pk for link in links]}
    client.post(reverse("admin:editorial_previewlink_changelist"), form)
    assert not PreviewLink.objects.valid().exists()


def test_only_staff_who_may_change_an_item_share_it_and_others_see_no_link_to_it(client, staff, deliverable):
    draft = draft_of(deliverable, title_en=SECRET)
    link = link_to(draft)
    client.force_login(staff("Privacy officers"))
    assert client.post(reverse("admin:editorial_make_preview_link", args=[draft.pk]), {"days": 7}).status_code == 403
    assert client.post(reverse("admin:editorial_revoke_preview_link", args=[link.pk])).status_code == 403
    assert SECRET not in client.get(reverse("admin:editorial_previewlink_changelist")).content.decode()
    assert PreviewLink.objects.valid().count() == 1


def test_a_translator_neither_shares_a_draft_nor_revokes_a_link(signed_in, deliverable):
    draft = draft_of(deliverable, title_en=SECRET)
    link = link_to(draft)
    client = signed_in("Translators: Polski")
    assert client.post(reverse("admin:editorial_make_preview_link", args=[draft.pk]), {"days": 7}).status_code == 403
    assert client.post(reverse("admin:editorial_revoke_preview_link", args=[link.pk])).status_code == 403
    form = {"action": "revoke_selected", "_selected_action": [link.pk]}
    client.post(reverse("admin:editorial_previewlink_changelist"), form)
    assert list(PreviewLink.objects.valid()) == [link]
    page = client.get(reverse("admin:editorial_revision_preview", args=[draft.pk])).content.decode()
    assert "Make a link without an account" not in page


def test_the_list_of_links_takes_as_many_queries_with_many_links(signed_in, deliverable, django_assert_max_num_queries):
    client = signed_in("Editors")
    path = reverse("admin:editorial_previewlink_changelist")
    draft = draft_of(deliverable)
    link_to(draft)
    client.get(path)
    with django_assert_max_num_queries(12):
        client.get(path)
    for _ in range(20):
        link_to(draft)
    with django_assert_max_num_queries(12):
        client.get(path)


# Nothing of a preview remains


def test_a_preview_does_not_change_what_live_pages_keep_in_memory(signed_in, deliverable, django_assert_num_queries):
    client = signed_in("Editors")
    draft = draft_of(Page.objects.get(kind=Page.Kind.VISION), short_title_en=SECRET)
    request = RequestFactory().get("/")
    before = layout_pages(request)
    # The menu shows the draft.
    assert SECRET in page_of(client, draft).content.decode()
    with django_assert_num_queries(0):
        assert layout_pages(request) is before
    assert SECRET not in client.get("/en/").content.decode()


def test_the_access_log_knows_neither_the_page_nor_the_token_of_a_preview(client, deliverable, settings, caplog):
    settings.ACCESS_LOG = True
    link = link_to(draft_of(deliverable))
    with caplog.at_level(logging.INFO, "health.access"):
        client.get(link.get_absolute_url())
    assert "/preview/" in caplog.text
    assert link.token not in caplog.text and deliverable.slug_en not in caplog.text


def test_old_previews_are_deleted(signed_in, deliverable):
    client = signed_in("Editors")
    preview(client, deliverable, title_en=SECRET)
    link = link_to(draft_of(deliverable), days=-91)
    kept = link_to(link.revision, days=-89)
    assert delete_ended() == 1
    PreviewedForm.objects.update(created_at=timezone.now() - timedelta(hours=25))
    assert delete_ended() == 1
    assert PreviewLink.objects.get() == kept
