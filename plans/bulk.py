"""Many rows in one statement, told as one text of JSON.

Django's `bulk_create` and `bulk_update` tell every value by itself, each made ready and quoted alone: for a few rows of
ten columns that takes the process longer than PostgreSQL takes to store them. What an object holds is what is stored:
no signal is sent, and no expression or default of the database is known here.
"""

import json
from collections.abc import Sequence
from datetime import date
from functools import lru_cache
from typing import Any

from django.db import connection, models


def insert(made: Sequence[models.Model]) -> None:
    """Store new objects of one model and give them their keys. Raises DatabaseError where one of them can't be."""
    if not made:
        return
    names = tuple(field.name for field in made[0]._meta.concrete_fields if not field.primary_key)
    with connection.cursor() as cursor:
        cursor.execute(_statement(INSERT, type(made[0]), names), [_told(made, names)])
        keys = cursor.fetchall()
    for one, (key,) in zip(made, keys, strict=True):
        one.pk = key
        one._state.adding, one._state.db = False, connection.alias


def update(changed: Sequence[models.Model], *names: str) -> None:
    """Write these fields of stored objects of one model. What was removed meanwhile stays removed."""
    if not changed:
        return
    with connection.cursor() as cursor:
        cursor.execute(_statement(UPDATE, type(changed[0]), names), [_told(changed, ("pk", *names))])


INSERT = """
INSERT INTO {table} ({columns}) SELECT {columns} FROM json_to_recordset(%s) AS told({types}) RETURNING {key}
"""
UPDATE = """
UPDATE {table} SET {assignments} FROM json_to_recordset(%s) AS told({key} bigint, {types})
WHERE {table}.{key} = told.{key}
"""


@lru_cache(maxsize=64)
def _statement(words: str, model: type[models.Model], names: tuple[str, ...]) -> str:
    quote = connection.ops.quote_name
    types = {quote(field.column): field.db_type(connection) for field in _fields(model, names)}
    return words.format(
        table=quote(model._meta.db_table),
        key=quote(_fields(model, ("pk",))[0].column),
        columns=", ".join(types),
        types=", ".join(f"{column} {kind}" for column, kind in types.items()),
        assignments=", ".join(f"{column} = told.{column}" for column in types),
    )


def _fields(model: type[models.Model], names: tuple[str, ...]) -> list[Any]:
    return [model._meta.pk if name == "pk" else model._meta.get_field(name) for name in names]


def _told(rows: Sequence[models.Model], names: tuple[str, ...]) -> str:
    fields = [(field.column, field.attname) for field in _fields(type(rows[0]), names)]
    told = [{column: getattr(one, attribute) for column, attribute in fields} for one in rows]
    return json.dumps(told, ensure_ascii=False, default=_moment)


def _moment(value: date) -> str:
    return value.isoformat()
