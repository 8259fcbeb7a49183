"""Querysets that every page asks, compiled once in each process.

To build and compile a queryset with its joins takes Django several times as long as PostgreSQL takes to answer it, and
the workspace asks a dozen of them for every story opened. Here the queryset stays the one place that says what is
asked; its statement is kept and told again with other values.
"""

from collections.abc import Callable, Iterable, Iterator
from copy import copy
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache, update_wrapper, wraps
from typing import Any, Final, Generic, NamedTuple, TypeVar

from django.core.exceptions import EmptyResultSet
from django.db import connections, router
from django.db.models import QuerySet
from django.db.models.expressions import RawSQL
from django.db.models.sql import UpdateQuery
from django.db.models.sql.compiler import SQLCompiler

Row = TypeVar("Row")

#: what stands for the nth value of a type while a statement is compiled; no field of that type is too small for it, and
#: they lie so far apart that none is rounded to another (a whole number to a fraction, a time to a day)
STAND_INS: Final[dict[type, Callable[[int], Any]]] = {
    int: lambda n: 7_811_000_000_000_000_000 + n * 10**15,
    float: lambda n: 7.8e300 + n * 1e299,
    str: lambda n: f" Aa{n}\ue000 ",  # which no change of case and no stripping leaves as it is
    date: lambda n: date(8000, 1, 1) + timedelta(days=n),
    datetime: lambda n: datetime(8000, 1, 1, tzinfo=UTC) + timedelta(days=n, seconds=n + 1),
}


class CompileError(Exception):
    """The statement hangs on a value that was to be told with it."""


class compiled(Generic[Row]):  # noqa: N801 - used as a decorator
    """Of a function that builds a queryset one that returns its rows, whose statement is compiled once.

    Told by position are values, which change from call to call: whole numbers (keys, or of a bigint), fractions, texts,
    days, times, and lists of whole numbers. Told by name is what shapes the statement: each shape is compiled for
    itself. The function may only hand its values to lookups; CompileError is raised where the statement hangs on one.
    """

    def __init__(self, build: Callable[..., QuerySet[Any, Row]]) -> None:
        self.build = build
        update_wrapper(self, build)

    def __call__(self, *values: Any, **shape: Any) -> list[Row]:
        kept, params = _kept(self.build, values, shape)
        rows = kept.rows._chain()  # type: ignore[attr-defined]
        compiler = copy(kept.compiler)
        compiler.connection = connections[rows.db]
        compiler.as_sql = lambda *_asked, **_named: (kept.sql, params)  # type: ignore[method-assign]
        rows.query.get_compiler = lambda *_asked, **_named: compiler
        return list(rows)


Update = tuple[QuerySet[Any, Any], dict[str, Any]]


class compiled_update:  # noqa: N801 - used as a decorator
    """As `compiled`, of a function that returns a queryset and what is written to its rows, one that writes it and
    returns how many rows that were."""

    def __init__(self, build: Callable[..., Update]) -> None:
        @wraps(build)
        def updating(*values: Any, **shape: Any) -> QuerySet[Any, Any]:
            rows, written = build(*values, **shape)
            query: Any = rows.query.chain(UpdateQuery)
            query.add_update_values(written)
            query.annotations = {}  # what is written has them already
            rows.query = query
            return rows

        self.build = updating
        update_wrapper(self, build)

    def __call__(self, *values: Any, **shape: Any) -> int:
        kept, params = _kept(self.build, values, shape)
        with connections[router.db_for_write(kept.rows.model)].cursor() as cursor:
            cursor.execute(kept.sql, params)
            return int(cursor.rowcount)


def told_keys(keys: Iterable[int]) -> str:
    """Keys as one text, which one statement serves whatever their number: of a list each length has its own."""
    return ",".join(map(str, keys))


def keys_told(keys: str) -> RawSQL:
    """What `pk__in` asks for where keys are told as one text."""
    return RawSQL("SELECT unnest(string_to_array(%s, ',')::bigint[])", [keys])


class _Statement(NamedTuple):
    rows: QuerySet[Any, Any]
    compiler: SQLCompiler  # of no connection
    sql: str
    slots: list[tuple[int | None, Callable[[Any], Any], Any]]  # which value stands there, as what; else the constant


def _kept(
    build: Callable[..., QuerySet[Any, Any]], values: tuple[Any, ...], shape: dict[str, Any]
) -> tuple[_Statement, tuple[Any, ...]]:
    """The statement, compiled where it was not, and its parameters for these values."""
    kinds = tuple((type(value), len(value) if isinstance(value, list) else 1) for value in values)
    kept = _statement(build, kinds, tuple(shape.items()))
    told = list(_flat(values))
    return kept, tuple(param if at is None else make(told[at]) for at, make, param in kept.slots)


def _flat(values: tuple[Any, ...]) -> Iterator[Any]:
    for value in values:
        yield from value if isinstance(value, list) else (value,)


@lru_cache(maxsize=512)
def _statement(
    build: Callable[..., QuerySet[Any, Any]], kinds: tuple[tuple[type, int], ...], shape: tuple[tuple[str, Any], ...]
) -> _Statement:
    """What the queryset compiles to; compiled for other values too, to see that the statement hangs on none."""

    def compile_for(first: int) -> tuple[QuerySet[Any, Any], SQLCompiler, str, list[Any], list[Any]]:
        numbers = iter(range(first, first + sum(n for _kind, n in kinds)))
        values: list[Any] = [
            [STAND_INS[int](next(numbers)) for _ in range(n)] if kind is list else STAND_INS[kind](next(numbers))
            for kind, n in kinds
        ]
        rows = build(*values, **dict(shape))
        compiler = rows.query.get_compiler(rows.db)
        try:
            sql, params = compiler.as_sql()
        except EmptyResultSet:  # an empty list, or a value that ended it: Django would ask nothing at all
            raise CompileError(f"The statement of {build.__qualname__} hangs on a value.") from None
        return rows, compiler, sql, list(params), list(_flat(tuple(values)))

    rows, compiler, sql, params, values = compile_for(0)
    _rows, _compiler, other_sql, other_params, other_values = compile_for(len(values))
    slots: list[tuple[int | None, Callable[[Any], Any], Any]] = []
    for param in params:
        at = values.index(param) if param in values else None
        slots.append((at, type(param) if isinstance(param, int) else _as_it_is, param))
    if sql != other_sql or other_params != [param if at is None else other_values[at] for at, _make, param in slots]:
        raise CompileError(f"The statement of {build.__qualname__} hangs on a value.")
    compiler.connection = None  # type: ignore[assignment]
    return _Statement(rows, compiler, sql, slots)


def _as_it_is(value: Any) -> Any:
    return value
