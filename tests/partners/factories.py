"""Universities for tests, with only what the test at hand does not say."""

from partners.models import PartnerUniversity


def make_partner(number: int = 1, **fields) -> PartnerUniversity:
    """An unsaved university that passes every check."""
    defaults = {
        "key": f"test-university-{number}",
        "name_en": f"Test University {number}",
        "slug_en": f"test-university-{number}",
        "short_name": f"TU{number}",
        "city_en": "Testville",
        "city_local": "Testville",
        "city_local_language": "en",
        "country": "PL",
        "latitude": 50,
        "longitude": 20,
        "founded": 1900,
        "website": "https://www.example.org/",
        "summary_en": "A university for tests.",
        "order": 100 + number,
    }
    return PartnerUniversity(**defaults | fields)


def fill_with_partners(total: int):
    """Bring the number of universities in the database to `total`, each with a name of its own and a task."""
    from alliance.models import Task
    from partners.models import PartnerOwnName

    missing = total - PartnerUniversity.objects.count()
    partners = PartnerUniversity.objects.bulk_create(make_partner(number) for number in range(missing))
    PartnerOwnName.objects.bulk_create(
        PartnerOwnName(key=f"{partner.key}-pl", partner=partner, language="pl", name="Uniwersytet")
        for partner in partners
    )
    Task.objects.bulk_create(
        Task(key=f"{partner.key}-task", partner=partner, title_en="A task", body_en="<p>To do</p>")
        for partner in partners
    )
