from django.conf import settings
from django.core.management import BaseCommand, CommandError

from alliance.models import Alliance
from social.cards import all_cards


class Command(BaseCommand):
    help = (
        "Draws the share cards of all published pages in every language and removes outdated ones. Without this "
        "command, the site draws each card on its first request. "
        "Example: manage.py make_share_cards"
    )

    def handle(self, *args, **options):
        if not Alliance.objects.exists():
            raise CommandError("No content is loaded yet. Run `manage.py load_content` first.")
        current, drawn = set(), 0
        for card in all_cards():
            current.add(card.file)
            if not card.file.exists():
                try:
                    card.store(card.draw())
                except OSError as error:
                    raise CommandError(f"{card.file}: {error}. Free space there, then run this again.") from error
                drawn += 1
        outdated = set((settings.DATA_DIR / "share").glob("*.png")) - current
        for file in outdated:
            file.unlink()
        self.stdout.write(f"{len(current)} cards: {drawn} drawn, {len(outdated)} outdated cards removed.")
