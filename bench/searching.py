"""What search costs among many articles, beside the plain question that ranks all it finds."""

import statistics
import time
from collections.abc import Callable
from pathlib import Path

from django.db import connection

from articles.models import Finding
from articles.search import Filters, ask, read_query
from plans.models import User

ROUNDS = 60


def chosen_terms() -> list[tuple[str, float]]:
    """Seven words from rare to ubiquitous and the share of things each stands in, from a sample of the newest."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT word, ndoc FROM ts_stat('SELECT terms FROM articles_finding ORDER BY id DESC LIMIT 20000')"
            " WHERE word ~ '^[a-z]{4,}$' ORDER BY ndoc DESC"
        )
        counted = cursor.fetchall()
    found = []
    for share in (0.2, 0.1, 0.05, 0.015, 0.005, 0.001, 0.00005):
        word, n = min(counted, key=lambda one: abs(one[1] / 20_000 - share))
        found.append((word, n / 20_000))
    return found


def questions() -> list[tuple[str, str]]:
    """Twenty questions: alone, AND, OR, phrase, prefix."""
    words = [word for word, _share in chosen_terms()]
    common, frequent, usual, medium, some, rare, rarest = words
    asked = [("alone", word) for word in words]
    asked += [("AND", f"{common} {rarest}"), ("AND", f"{common} {frequent}"), ("AND", f"{medium} {some}")]
    asked += [
        ("OR, common and rare", f"{common} OR {rarest}"),
        ("OR", f"{medium} OR {rare}"),
        ("OR", f"{frequent} OR {usual}"),
    ]
    asked += [("alone", "مجلس"), ("AND", "مجلس التعاون"), ("phrase", '"مجلس التعاون"')]
    asked += [("phrase", '"joint action plan"'), ("phrase", f'"{common} {rare}"')]
    asked += [("prefix", f"{common[:4]}*"), ("prefix", f"{rarest[:4]}*")]
    return asked


def worked() -> float:
    """Seconds that this process and PostgreSQL's, for this connection, have been on a processor; Linux alone tells."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        path = Path(f"/proc/{cursor.fetchone()[0]}/schedstat")
    theirs = int(path.read_text().split()[0]) / 1e9 if path.exists() else 0.0
    return time.process_time() + theirs


def p95(deed: Callable[[], object], rounds: int = ROUNDS) -> tuple[float, float]:
    """The worst twentieth of the seconds a deed takes, by the clock and on the processor.

    Where other work shares the machine the clock counts their turns too; the processor's own time does not.
    """
    deed()
    by_clock, by_work = [], []
    for _ in range(rounds):
        busy, began = worked(), time.perf_counter()
        deed()
        by_clock.append(time.perf_counter() - began)
        by_work.append(worked() - busy)
    clock, work = (statistics.quantiles(times, n=20, method="inclusive")[-1] for times in (by_clock, by_work))
    return clock, work


def plain(tsquery: str) -> None:
    """The question everybody would write first."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT id FROM articles_finding WHERE terms @@ %s::tsquery"
            " ORDER BY ts_rank(terms, %s::tsquery) DESC LIMIT 20",
            [tsquery, tsquery],
        )
        cursor.fetchall()


def measure() -> None:
    """Print the worst twentieth of each question by the box and, once, by the plain question."""
    user = User.objects.filter(is_superuser=True).first() or User(is_superuser=True, is_active=True)
    print(f"Search among {Finding.objects.count()} things (p95 of {ROUNDS} rounds; plain: once, warm)")
    print(f"  {'':<48} {'clock':>11} {'processor':>12} {'plain':>13} {'ratio':>8}")
    worst: dict[str, tuple[float, float]] = {}
    for kind, text in questions():
        query = read_query(text)
        box, work = p95(lambda text=text: ask(read_query(text), Filters(kind="article"), user))  # type: ignore[misc]
        plain(query.tsquery)
        began = time.perf_counter()
        plain(query.tsquery)
        took = time.perf_counter() - began
        worst[kind] = max(worst.get(kind, (0.0, 0.0)), (box, work))
        told = f"{box * 1000:>8.1f} ms {work * 1000:>9.1f} ms {took * 1000:>10.1f} ms {box / took:>8.3f}"
        print(f"  {kind.split(',')[0]:<7} {text:<40} {told}")
    for kind, (seconds, work) in worst.items():
        print(f"  worst {kind:<42} {seconds * 1000:>8.1f} ms {work * 1000:>9.1f} ms")
