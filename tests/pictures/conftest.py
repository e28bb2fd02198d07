"""The library of each test without the pictures of the initial content."""

import pytest


@pytest.fixture(autouse=True)
def only_pictures_of_the_test(request):
    if request.node.get_closest_marker("django_db") or "db" in request.fixturenames:
        request.getfixturevalue("without_pictures")
