"""What many pages show of the database, read once for each state of the content and not once for each page."""

from django.http import HttpRequest

from delivery.models import Generation


class snapshot:  # noqa: N801 (a decorator)
    """Says of a function that reads content: what it found is kept in this process until any content changes.

    It is then called with the request. The first of a request asks the database which generation it holds, the others
    ask nothing. What it returns is shared by all requests; nobody may change it. A request that may change content
    itself reads anew: what it sees could be rolled back.
    """

    def __init__(self, read):
        self.read, self.__doc__ = read, read.__doc__
        # The generation, and what was found by the arguments. Replaced as a whole, as other threads read it meanwhile.
        self.kept: tuple[str, dict] = ("", {})

    def __call__(self, request: HttpRequest, *arguments):
        if request.method not in ("GET", "HEAD"):
            return self.read(*arguments)
        generation = Generation.objects.of(request)
        kept_generation, found = self.kept
        if kept_generation != generation or not generation:
            found = {}
            # Named before it is read: what is read may be newer than its name, and never older.
            self.kept = (generation, found)
        if arguments not in found:
            found[arguments] = self.read(*arguments)
        return found[arguments]
