"""Several querysets read from the database in one query."""

from collections import Counter, defaultdict
from collections.abc import Iterable

from django.db import DEFAULT_DB_ALIAS, connections
from django.db.models import Model, QuerySet, Window, prefetch_related_objects
from django.db.models.functions import RowNumber


class Together:
    """Querysets whose rows stand in one result. What they defer stays deferred, what they prefetch is fetched after it.

    Each column of the result belongs to one type, so that what a model's field holds comes through it as it does in a
    query of its own. Neither joined objects (select_related) nor annotations come with the rows. What it asks is
    compiled once: read a second time, it finds what there is then.
    """

    def __init__(self, querysets: Iterable[QuerySet]):
        self.parts = [Part(queryset) for queryset in querysets]
        columns = [kind for kind, most in self.widths().items() for _ in range(most)]
        for part in self.parts:
            part.place_in(columns)
        named = ", ".join(part.named(number) for number, part in enumerate(self.parts))
        rows = " UNION ALL ".join(part.rows(number, columns) for number, part in enumerate(self.parts))
        self.sql = f"WITH {named} {rows}"
        self.parameters = [value for part in self.parts for value in part.parameters]

    def widths(self) -> Counter[str]:
        """By type, the most columns that a part has of it."""
        most = Counter()
        for part in self.parts:
            most |= Counter(part.kinds)
        return most

    def read(self) -> list[list[Model]]:
        """What each of the querysets finds now, in its order."""
        found = [[] for _part in self.parts]
        with connections[DEFAULT_DB_ALIAS].cursor() as cursor:
            cursor.execute(self.sql, self.parameters)
            for number, *row in cursor.fetchall():
                found[number].append(row)
        return [part.instances(rows) for part, rows in zip(self.parts, found, strict=True)]


class Part:
    """What one queryset adds to the common query."""

    def __init__(self, queryset: QuerySet):
        self.model, self.lookups = queryset.model, queryset._prefetch_related_lookups
        if queryset.query.is_sliced:
            # The database numbers the rows of the slice, and not all that it was cut from.
            chosen, queryset = queryset.values("pk"), queryset.all()
            queryset.query.clear_limits()
            queryset = queryset.filter(pk__in=chosen)
        order = queryset.query.order_by or self.model._meta.ordering
        # The rows of a UNION come in no order of their own.
        self.query = queryset.annotate(place_in_queryset=Window(RowNumber(), order_by=order)).query
        compiler = self.query.get_compiler(DEFAULT_DB_ALIAS)
        self.sql, self.parameters = compiler.as_sql()
        self.selected = [expression for expression, _sql, _alias in compiler.select]
        self.kinds = [kind_of(expression.output_field, compiler.connection) for expression in self.selected]

    def place_in(self, columns: list[str]):
        """Find, for each selected field, the column of `columns` that it stands in."""
        free = defaultdict(list)
        for place, kind in reversed(list(enumerate(columns))):
            free[kind].append(place)
        self.places = [free[kind].pop() for kind in self.kinds]

    def named(self, number: int) -> str:
        names = ", ".join(f"c{place}" for place in range(len(self.selected)))
        return f"part{number}({names}) AS ({self.sql})"

    def rows(self, number: int, columns: list[str]) -> str:
        selected = [f"CAST(NULL AS {kind})" for kind in columns]
        for name, place in enumerate(self.places):
            selected[place] = f"c{name}"
        return f"SELECT {number}, {', '.join(selected)} FROM part{number}"

    def instances(self, rows: list[list]) -> list[Model]:
        compiler = self.query.get_compiler(DEFAULT_DB_ALIAS)
        mine = [[row[place] for place in self.places] for row in rows]
        converted = compiler.apply_converters(mine, compiler.get_converters(self.selected))
        names = [expression.target.attname for expression in self.selected[:-1]]
        in_order = sorted(converted, key=lambda row: row[-1])
        instances = [self.model.from_db(DEFAULT_DB_ALIAS, names, values) for *values, _place in in_order]
        prefetch_related_objects(instances, *self.lookups)
        return instances


def kind_of(field, connection) -> str:
    """The type of a column, without its length: "varchar(80)" and "text" may stand in one."""
    kind, _length, _rest = field.db_type(connection).partition("(")
    return "text" if kind == "varchar" else kind
