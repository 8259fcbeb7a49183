"""Querysets whose statement is kept: the same rows as ever, whatever is told with it."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import connection
from django.db.models import F, FloatField, QuerySet, Value
from django.db.models.functions import Cast, Concat
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from plans.compiled import CompileError, compiled, compiled_update
from plans.models import Commitment, Plan, User

pytestmark = pytest.mark.django_db


@pytest.fixture
def people() -> list[User]:
    at = datetime(2025, 1, 1, tzinfo=UTC)
    return User.objects.bulk_create(
        User(username=f"desk-{n}", password="!", date_joined=at + timedelta(days=n)) for n in range(5)
    )


def names(rows: list[User]) -> list[str]:
    return [one.username for one in rows]


def test_the_statement_is_built_once_and_told_with_other_values(people: list[User]) -> None:
    built = []

    @compiled
    def joined_since(day: datetime, name: str) -> QuerySet[User]:
        built.append(day)
        return User.objects.filter(date_joined__gte=day).exclude(username=name).order_by("username")

    assert names(joined_since(people[3].date_joined, "nobody")) == ["desk-3", "desk-4"]
    before = len(built)
    assert names(joined_since(people[3].date_joined, "desk-4")) == ["desk-3"]
    assert names(joined_since(people[1].date_joined, "desk-2")) == ["desk-1", "desk-3", "desk-4"]
    assert len(built) == before


def test_each_shape_has_a_statement_of_its_own(people: list[User]) -> None:
    @compiled
    def first(day: datetime, *, rows: int, backwards: bool = False) -> QuerySet[User]:
        found = User.objects.filter(date_joined__gte=day)
        return found.order_by("-username" if backwards else "username")[:rows]

    day = people[1].date_joined
    assert names(first(day, rows=2)) == ["desk-1", "desk-2"]
    assert names(first(day, rows=1)) == ["desk-1"]
    assert names(first(day, rows=2, backwards=True)) == ["desk-4", "desk-3"]


def test_lists_of_keys_of_any_length(people: list[User]) -> None:
    @compiled
    def these(keys: list[int], but: int) -> QuerySet[User, str]:
        found = User.objects.filter(pk__in=keys).exclude(pk=but)
        return found.order_by("username").values_list("username", flat=True)

    a, b, c, *_more = (one.pk for one in people)
    assert these([a, b, c], b) == ["desk-0", "desk-2"]
    assert these([b], 0) == ["desk-1"]
    assert these([c, a, b], a) == ["desk-1", "desk-2"]


def test_joined_rows_are_whole_and_cost_one_query(plan: Plan, commitment: Commitment) -> None:
    @compiled
    def opened(pk: int) -> QuerySet[Commitment]:
        return Commitment.objects.filter(pk=pk).select_related("plan__side_a", "pillar")

    opened(0)
    with CaptureQueriesContext(connection) as asked:
        found = opened(commitment.pk)
        assert found == [commitment]
        assert (found[0].plan.side_a, found[0].pillar) == (plan.side_a, commitment.pillar)
        assert found[0].title_en == commitment.title_en
    assert len(asked) == 1


def test_what_a_column_means_in_python_is_kept(people: list[User]) -> None:
    @compiled
    def told(pk: int) -> QuerySet[User, tuple[datetime, bool, int]]:
        return User.objects.filter(pk=pk).values_list("date_joined", "is_active", Value(3))

    assert told(people[2].pk) == [(people[2].date_joined, True, 3)]


def test_days_are_told_apart_from_times(people: list[User]) -> None:
    @compiled
    def joined(day: date, since: datetime) -> QuerySet[User]:
        return User.objects.filter(date_joined__date=day, date_joined__gte=since)

    at = people[2].date_joined
    assert names(joined(at.date(), at)) == ["desk-2"]
    assert names(joined(at.date(), at + timedelta(seconds=1))) == []
    assert names(joined(at.date() + timedelta(days=1), at)) == ["desk-3"]


def test_a_whole_number_may_be_compared_with_fractions(people: list[User]) -> None:
    @compiled
    def beyond(pk: int) -> QuerySet[User]:
        return User.objects.annotate(at=Cast("pk", FloatField())).filter(at__gt=pk).order_by("pk")

    assert names(beyond(people[2].pk)) == ["desk-3", "desk-4"]
    assert names(beyond(people[3].pk)) == ["desk-4"]


def test_rows_asked_for_again_are_read_again(people: list[User]) -> None:
    @compiled
    def one(pk: int) -> QuerySet[User]:
        return User.objects.filter(pk=pk)

    assert names(one(people[0].pk)) == ["desk-0"]
    User.objects.filter(pk=people[0].pk).update(username="renamed")
    assert names(one(people[0].pk)) == ["renamed"]


def test_a_value_is_never_part_of_the_statement(people: list[User]) -> None:
    @compiled
    def named(name: str) -> QuerySet[User]:
        return User.objects.filter(username=name)

    assert named("desk-0' OR '1'='1") == []
    assert names(named("desk-0")) == ["desk-0"]


def test_a_statement_that_hangs_on_a_value_is_refused() -> None:
    @compiled
    def rows(n: int) -> QuerySet[User]:
        return User.objects.all()[: n % 7]

    @compiled
    def later(n: int) -> QuerySet[User]:
        return User.objects.filter(pk__gt=n + 1)

    @compiled
    def holding(part: str) -> QuerySet[User]:
        return User.objects.filter(username__contains=part)

    @compiled
    def adopted(at: datetime) -> QuerySet[Plan]:
        return Plan.objects.filter(adopted_on=at)

    for hangs, value in ((rows, 3), (later, 3), (holding, "desk"), (adopted, timezone.now())):
        with pytest.raises(CompileError, match="hangs on a value"):
            hangs(value)


def test_an_expression_over_a_value_is_left_to_postgresql(people: list[User]) -> None:
    @compiled
    def beyond(pk: int, more: int) -> QuerySet[User, int]:
        return User.objects.filter(pk=pk).values_list(F("pk") + more, flat=True)

    assert beyond(people[0].pk, 5) == [people[0].pk + 5]


def test_threads_ask_with_their_own_connection(transactional_db: None) -> None:
    @compiled
    def one(name: str) -> QuerySet[User, str]:
        return User.objects.filter(username=name).values_list("username", flat=True)

    User.objects.bulk_create(User(username=f"t{n}", password="!") for n in range(4))
    assert one("t0") == ["t0"]

    def ask(n: int) -> list[str]:
        try:
            return one(f"t{n % 4}")
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(ask, range(40))) == [[f"t{n % 4}"] for n in range(40)]


def test_update_is_built_once_and_says_how_many_rows_it_changed(people: list[User]) -> None:
    built = []

    @compiled_update
    def rename(name: str, *, to: str) -> tuple[QuerySet[User], dict[str, object]]:
        built.append(name)
        found = User.objects.filter(username=name).annotate(longer=Concat(F("username"), Value(to)))
        return found, {"first_name": F("longer"), "last_name": Value("known")}

    assert rename("desk-1", to="-a") == 1
    before = len(built)
    with CaptureQueriesContext(connection) as asked:
        assert rename("desk-2", to="-a") == 1
        assert rename("nobody", to="-a") == 0
    assert (len(built), len(asked)) == (before, 2)
    assert list(User.objects.exclude(first_name="").order_by("username").values_list("first_name", "last_name")) == [
        ("desk-1-a", "known"),
        ("desk-2-a", "known"),
    ]


def test_update_that_hangs_on_a_value_is_refused() -> None:
    @compiled_update
    def upper(name: str) -> tuple[QuerySet[User], dict[str, object]]:
        return User.objects.filter(username=name.upper()), {"first_name": Value("x")}

    with pytest.raises(CompileError):
        upper("desk-1")
