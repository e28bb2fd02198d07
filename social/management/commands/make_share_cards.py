from django.conf import settings
from django.core.management import BaseCommand, CommandError

from alliance.models import Alliance
from social.cards import every_card


class Command(BaseCommand):
    help = (
        "Draws the share card of every published page in every language that is offered, and removes those that no "
        "page shows any more. The site draws a missing one when it is first asked for. "
        "Example: manage.py make_share_cards"
    )

    def handle(self, *args, **options):
        if not Alliance.objects.exists():
            raise CommandError("There is no content yet. Run `manage.py load_content` first.")
        kept, drawn = set(), 0
        for card in every_card():
            kept.add(card.file)
            if not card.file.exists():
                try:
                    card.keep(card.draw())
                except OSError as error:
                    raise CommandError(f"{card.file}: {error}. Make room there, then run this again.") from error
                drawn += 1
        outdated = set((settings.DATA_DIR / "share").glob("*.png")) - kept
        for file in outdated:
            file.unlink()
        self.stdout.write(f"{len(kept)} cards: {drawn} drawn, {len(outdated)} outdated ones removed.")
