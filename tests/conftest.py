"""What all tests share: the database with the first content in it, and plain storage for files."""

import base64

import pytest
from django.conf import settings as django_settings

from consent.models import NoticeVersion
from editorial.content import ContentFiles

SEAL_KEY = base64.b64encode(bytes(32)).decode()


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup, django_db_blocker):
    """The test database, filled with content/ once; each test gives back what it changes."""
    with django_db_blocker.unblock():
        ContentFiles(django_settings.CONTENT_DIR).load()
        NoticeVersion.objects.publish()


@pytest.fixture(autouse=True)
def plain_files(settings, tmp_path):
    """Static files from their sources, and uploads in a folder of the test's own."""
    settings.MEDIA_ROOT = tmp_path / "media"
    settings.CONSENT_SEAL_KEY = SEAL_KEY
    settings.STORAGES = settings.STORAGES | {
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    }


@pytest.fixture
def staff(django_user_model):
    """A function that makes a member of staff in the given groups, or a superuser in none."""
    from django.contrib.auth.models import Group

    def make(*groups: str):
        user = django_user_model.objects.create_user("-".join(groups) or "root", password="a-long-pass-phrase")
        user.is_staff = True
        user.is_superuser = not groups
        user.save()
        user.groups.set(Group.objects.filter(name__in=groups))
        return user

    return make
