"""What a view says of its answers."""


def cached_page(*parameters: str):
    """Say of a view that its pages are the same for everyone in one variant, so that they are made once.

    `parameters` are those of the query that a page depends on; all others are left out before the view sees them. An
    answer that forbids storing, sets a cookie or is no 200 is not kept all the same.
    """

    def mark(view):
        view.query_parameters = frozenset(parameters)
        return view

    return mark
