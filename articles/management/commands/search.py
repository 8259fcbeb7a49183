"""Search a file of documents with a file of queries, to measure how well words are found. Nothing is stored."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import connection, transaction

from articles.indexing import Part, Thing, row, write
from articles.search import concepts, every, read_query
from plans.language import detect
from plans.language.queries import BadQuery, Either, Query

LANGUAGES = ("ar", "en", "az", "ru")


class Command(BaseCommand):
    help = (
        "Search documents with queries, both files of JSON lines: {id, lang, text} and {id, lang, query}. Prints"
        " {id, documents} for each query: what holds all its words, found by the analysis and the SQL of the search"
        " page. Nothing is stored."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--documents", type=Path, required=True)
        parser.add_argument("--queries", type=Path, required=True)
        parser.add_argument("--concepts", action="store_true", help="A query that is a name finds its other names too.")

    def handle(self, *args: Any, **options: Any) -> None:
        documents = list(read_lines(options["documents"], "text"))
        queries = list(read_lines(options["queries"], "query"))
        for one, ids in found(documents, queries, with_concepts=options["concepts"]):
            self.stdout.write(json.dumps({"id": one, "documents": ids}, ensure_ascii=False))


def read_lines(path: Path, field: str) -> Iterator[dict[str, Any]]:
    """The objects of a file, each with an id and this field. Raises CommandError naming the line that has not."""
    try:
        lines = path.read_text("utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise CommandError(f"{path}: {error}") from error
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            thing = json.loads(line)
        except json.JSONDecodeError as error:
            raise CommandError(f"{path}, line {number}: not JSON ({error}).") from error
        if not isinstance(thing, dict) or "id" not in thing or not isinstance(thing.get(field), str):
            raise CommandError(f"{path}, line {number}: an object with «id» and «{field}» is wanted.")
        yield thing


def found(
    documents: list[dict[str, Any]], queries: list[dict[str, Any]], *, with_concepts: bool = False
) -> Iterator[tuple[Any, list[Any]]]:
    """For each query its id and the ids of the documents found; a query without a word finds nothing."""
    now = datetime.now(UTC)
    with transaction.atomic(), connection.cursor() as cursor:
        # tables of this name that last no longer than the transaction stand before the site's own
        for table in ("articles_finding", "articles_term"):
            cursor.execute(f"CREATE TEMPORARY TABLE {table} (LIKE public.{table} INCLUDING ALL) ON COMMIT DROP")
        things = (
            Thing(
                "article",
                at,
                now,
                [Part(str(one.get("title") or ""), _language(one), "A"), Part(one["text"], _language(one), "C")],
                [],
                [],
            )
            for at, one in enumerate(documents)
        )
        write(map(row, things))
        for one in queries:
            language = one["lang"] if one.get("lang") in LANGUAGES else None
            try:
                query = read_query(one["query"], language)
            except BadQuery:
                yield one["id"], []
                continue
            if with_concepts:
                query = Query(query.text, Either((query.root, *(concept.query.root for concept in concepts(query)))))
            yield one["id"], [documents[at]["id"] for at in sorted(every(query.tsquery))]
        transaction.set_rollback(True)


def _language(document: dict[str, Any]) -> str:
    return document["lang"] if document.get("lang") in LANGUAGES else detect(document["text"])
