import shutil
import sys
from urllib.request import urlopen

from django.core.management import BaseCommand, CommandError
from django.utils import timezone

from consent.audit import Declared, Walk, passes_of_this_site
from consent.models import CookieAudit


class Command(BaseCommand):
    help = (
        "Walks the running site in real Chromium as a visitor who decides nothing, refuses all, or allows each purpose "
        "alone; compares cookies, storage and requests with what is declared. Exit status 1 where something is not "
        "declared or was set without consent. Example: manage.py audit_cookies http://127.0.0.1:8000"
    )

    def add_arguments(self, parser):
        parser.add_argument("address", nargs="?", default="http://127.0.0.1:8000", help="Default: %(default)s.")
        parser.add_argument(
            "--under",
            action="append",
            default=[],
            metavar="PATH",
            help="Only pages whose address begins so, such as /en/ or /pl/partnerzy/; may be given several times.",
        )

    def handle(self, *args, address, under, **options):
        chromium = self.find_chromium()
        try:
            urlopen(f"{address}/sitemap.xml", timeout=10).close()  # noqa: S310 (an operator gives the address)
        except (OSError, ValueError) as error:
            raise CommandError(f"No site answers at {address}: start it with make run, or give its address.") from error
        started, walk = timezone.now(), Walk(address, under)
        declared, passes = Declared.on_this_site(), passes_of_this_site()
        findings = declared.compare(walk.run(chromium, passes))
        audit = CookieAudit.objects.create(
            started_at=started,
            finished_at=timezone.now(),
            address=address,
            pages=len(walk.paths),
            findings=[finding.as_data() for finding in findings],
            is_clean=not any(finding.is_fault for finding in findings),
        )
        self.stdout.write(f"Visited {audit.pages} pages in {len(passes) + 1} passes.")
        for finding in findings:
            where = f" ({', '.join(finding.passes)}; first at {finding.page or 'the end'})" if finding.passes else ""
            self.stdout.write(f"{finding.problem}: {finding.kind} {finding.name}{where}")
        if not audit.is_clean:
            sys.exit(1)
        self.stdout.write("Everything found is declared and was set with consent.")

    @staticmethod
    def find_chromium() -> str:
        try:
            import playwright  # noqa: F401
        except ImportError as error:
            raise CommandError("playwright is missing: pip install -r requirements-dev.txt") from error
        found = filter(None, map(shutil.which, ("chromium-headless-shell", "chromium", "google-chrome")))
        path = next(found, None)
        if path is None:
            raise CommandError("Chromium is missing: install it, on Debian with: sudo apt install chromium")
        return path
