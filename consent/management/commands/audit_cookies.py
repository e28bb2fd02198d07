import shutil
import sys
from urllib.request import urlopen

from django.core.management import BaseCommand, CommandError
from django.utils import timezone

from consent.audit import Crawl, Declarations, passes_of
from consent.models import CookieAudit, NoticeVersion
from consent.signing import SealKeyError
from consent.stored_seal import SealMismatchError


class Command(BaseCommand):
    help = (
        "Crawls the running site in Chromium as visitors who decide nothing, refuse everything, or allow one provider "
        "only, and compares cookies, storage and requests with the notice in force. Exit status 1 if the notice does "
        "not name something, if it was set or loaded without consent, or if a cookie is kept longer than declared. "
        "Example: manage.py audit_cookies http://127.0.0.1:8000"
    )

    def add_arguments(self, parser):
        parser.add_argument("address", nargs="?", default="http://127.0.0.1:8000", help="Default: %(default)s.")
        parser.add_argument(
            "--under",
            action="append",
            default=[],
            metavar="PATH",
            help="Only pages whose path starts with PATH, such as /en/ or /pl/partnerzy/. Can be repeated.",
        )

    def handle(self, *args, address, under, **options):
        chromium, notice = self.find_chromium(), NoticeVersion.objects.current()
        if notice is None:
            raise CommandError("No notice is in force. Publish one first, under Notice versions in the admin.")
        try:
            urlopen(f"{address}/sitemap.xml", timeout=10).close()  # noqa: S310 (an operator gives the address)
        except (OSError, ValueError) as error:
            raise CommandError(f"No site answers at {address}. Start it with make run, or give its address.") from error
        started, crawl, passes = timezone.now(), Crawl(address, notice, under), passes_of(notice)
        try:
            crawl.run(chromium, passes)
        finally:
            self.erase_decisions(crawl)
        findings = Declarations.of(notice).compare(passes, crawl.host)
        audit = CookieAudit.objects.create(
            started_at=started,
            finished_at=timezone.now(),
            address=address,
            notice_number=notice.number,
            pages=len(crawl.paths),
            findings=[finding.as_data() for finding in findings],
            is_clean=not any(finding.is_fault for finding in findings),
        )
        self.stdout.write(
            f"Visited {audit.pages} pages in {len(passes)} passes, and compared them with notice {notice.number}."
        )
        for finding in findings:
            details = f" ({', '.join(finding.passes)}; first at {finding.page or 'the end'})" if finding.passes else ""
            self.stdout.write(f"{finding.problem}: {finding.kind} {finding.name}{details}")
        if not audit.is_clean:
            sys.exit(1)
        self.stdout.write(
            "The notice names everything that was found. All of it was set with consent, and no cookie is kept longer."
        )

    def erase_decisions(self, crawl: Crawl) -> None:
        """Erase the decisions of the crawl. Raises CommandError if they cannot be sealed before."""
        try:
            erased = crawl.erase_decisions()
        except (SealMismatchError, SealKeyError) as fault:
            raise CommandError(
                f"The decisions of the audit are still in the record, and count as visitors. {fault}"
            ) from fault
        if erased < len(crawl.receipts):
            self.stderr.write(
                f"Decisions of the audit that stay in the record of {crawl.address}, which has another database: "
                f"{len(crawl.receipts) - erased}. Run the audit on the machine of the site."
            )

    @staticmethod
    def find_chromium() -> str:
        """Return the path of Chromium. Raises CommandError if it or playwright is missing."""
        try:
            import playwright  # noqa: F401
        except ImportError as error:
            raise CommandError("playwright is missing. Run: pip install -r requirements-dev.txt") from error
        programs = map(shutil.which, ("chromium-headless-shell", "chromium", "google-chrome"))
        path = next(filter(None, programs), None)
        if path is None:
            raise CommandError("Chromium is missing. On Debian, run: sudo apt install chromium")
        return path
