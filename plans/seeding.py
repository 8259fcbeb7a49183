"""Loading the seeds: what is missing is made, what is there is left as its editors keep it.

`seeds/README.md` has the forms.
"""

import hashlib
from collections.abc import Callable, Iterable, Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any, ClassVar

import yaml
from django.db import connection, models

from plans.models import (
    ActionPoint,
    Alias,
    Assessment,
    Briefing,
    Check,
    Commitment,
    DateChange,
    Document,
    Evidence,
    Indicator,
    Measurement,
    Meeting,
    Membership,
    Milestone,
    Office,
    Party,
    Pillar,
    Plan,
    Sector,
    User,
    Wording,
)
from plans.progress import assess, record_evidence, refresh_status, withdraw

Row = dict[str, Any]


class SeedLoader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]
    """YAML 1.2's booleans: a date's key is `on`, and Norway is `no`; only true and false are truth values."""

    yaml_implicit_resolvers: ClassVar = {
        letter: [(tag, pattern) for tag, pattern in resolvers if letter in "tTfF" or tag != "tag:yaml.org,2002:bool"]
        for letter, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }


def read(path: Path) -> Any:
    """The content of a seed file; raises yaml.YAMLError with the place where it cannot be read."""
    with path.open(encoding="utf-8") as file:
        return yaml.load(file, Loader=SeedLoader)  # noqa: S506 a safe loader, with fewer truth values


def fields(model: type[models.Model], row: Row, *, skip: Iterable[str] = ()) -> Row:
    """The part of a row that are plain fields of the model; empty values stay at the model's default."""
    names = {field.name for field in model._meta.concrete_fields} - set(skip)
    return {name: value for name, value in row.items() if name in names and value is not None}


def load_sectors(seeds: Path) -> int:
    for row in read(seeds / "sectors.yaml"):
        Sector.objects.get_or_create(slug=row["slug"], defaults=fields(Sector, row))
    return Sector.objects.count()


def load_parties(seeds: Path) -> int:
    """Parties and, for blocs, their dated members. Returns how many parties there are."""
    rows = read(seeds / "parties.yaml")
    parties = {row["slug"]: Party.objects.get_or_create(slug=row["slug"], defaults=fields(Party, row)) for row in rows}
    for row in rows:
        bloc, made = parties[row["slug"]]
        if made:
            Membership.objects.bulk_create(
                Membership(
                    bloc=bloc, member=parties[member["member"]][0], since=member.get("since"), until=member.get("until")
                )
                for member in row.get("members") or []
            )
    return len(parties)


def load_plans(seeds: Path) -> Iterator[str]:
    """Every plan with its facts; yields each slug when the plan stands."""
    parties, sectors = Party.objects.in_bulk(field_name="slug"), Sector.objects.in_bulk(field_name="slug")
    for path in sorted((seeds / "plans").glob("*.yaml")):
        row = read(path)
        sides = {"side_a": parties[row["side_a"]], "side_b": parties[row["side_b"]]}
        plan, made = Plan.objects.get_or_create(
            slug=row["slug"], defaults={**fields(Plan, row, skip=["side_a", "side_b"]), **sides}
        )
        if made:
            for position, pillar in enumerate(row.get("pillars") or []):
                values = {**fields(Pillar, pillar), "sector": sectors[pillar["sector"]], "position": position}
                Pillar.objects.create(plan=plan, **values)
            Document.objects.bulk_create(
                Document(plan=plan, **fields(Document, item)) for item in row.get("documents") or []
            )
            _load_progress(plan, row, as_date=lambda value: value, demo=False, outlets={})
        yield plan.slug


def load_demo(seeds: Path, day: date) -> Iterator[str]:
    """Invented commitments and meetings, dated from `day`, marked as demo in every row; yields each plan's slug."""
    outlets = {outlet["slug"]: outlet["name"] for outlet in read(seeds / "demo" / "news" / "outlets.yaml")}

    def as_date(value: Any) -> Any:
        return day + timedelta(days=value) if isinstance(value, int) else value

    for path in sorted((seeds / "demo" / "commitments").glob("*.yaml")):
        row = read(path)
        plan = Plan.objects.get(slug=row["plan"])
        if not plan.commitments.filter(is_demo=True).exists():
            _load_progress(plan, row, as_date=as_date, demo=True, outlets=outlets)
        yield plan.slug


def _load_progress(plan: Plan, row: Row, *, as_date: Callable[[Any], Any], demo: bool, outlets: dict[str, str]) -> None:
    """Meetings, commitments, evidence and assessments of one plan, in the order in which one needs the other."""
    pillars = {pillar.code: pillar for pillar in plan.pillars.all()}
    evidence: dict[str, Evidence] = {}

    def dated(model: type[models.Model], values: Row, **extra: Any) -> Row:
        dates = {field.name for field in model._meta.concrete_fields if type(field) is models.DateField}
        named = fields(model, values, skip=["evidence", "pillar", "commitment", "plan", "ground"])
        return {**{name: as_date(value) if name in dates else value for name, value in named.items()}, **extra}

    def load_evidence(item: Row, commitment: Commitment | None) -> None:
        values = dated(Evidence, item, plan=plan, commitment=commitment, is_demo=demo)
        if item.get("pillar"):
            values["pillar"] = pillars[item["pillar"]]
        if item.get("outlet"):
            values["publisher"] = outlets[item["outlet"]]
        if item.get("quote"):
            values["digest"] = hashlib.sha256(item["quote"].encode()).hexdigest()
        evidence[item["key"]] = record_evidence(**values)

    meetings = [
        (Meeting.objects.create(plan=plan, **dated(Meeting, item, is_demo=demo)), item)
        for item in row.get("meetings") or []
    ]
    for position, item in enumerate(row.get("offices") or []):
        named = fields(Office, item, skip=["party", "plan"])
        party = Party.objects.get(slug=item["party"])
        Office.objects.create(plan=plan, party=party, position=position, is_demo=demo, **named)

    commitments: list[tuple[Commitment, Row]] = []
    for position, item in enumerate(row.get("commitments") or []):
        values = dated(Commitment, item, plan=plan, pillar=pillars[item["pillar"]], position=position, is_demo=demo)
        commitments.append((Commitment.objects.create(**values), item))
    by_code = {commitment.code: commitment for commitment, _item in commitments}

    for meeting, item in meetings:
        meeting.reviewed.set([by_code[code] for code in item.get("reviewed") or []])
        for point in item.get("action_points") or []:
            about = by_code[point["commitment"]] if point.get("commitment") else None
            values = dated(ActionPoint, point, meeting=meeting, commitment=about, is_demo=demo)
            ActionPoint.objects.create(**values)

    for item in row.get("evidence") or []:
        load_evidence(item, by_code[item["commitment"]] if item.get("commitment") else None)
    for commitment, item in commitments:
        for piece in item.get("evidence") or []:
            load_evidence(piece, commitment)

    for commitment, item in commitments:
        milestones = {}
        for step in item.get("milestones") or []:
            milestones[step["title_en"]] = Milestone.objects.create(commitment=commitment, **dated(Milestone, step))
            _load_date_changes(step, {"milestone": milestones[step["title_en"]]}, evidence, dated)
        _load_date_changes(item, {"commitment": commitment}, evidence, dated)
        for said in sorted(item.get("assessments") or [], key=lambda said: as_date(said["on"])):
            assess(
                commitment,
                side=said.get("side") or "",
                level=said["level"],
                on=as_date(said["on"]),
                ground=evidence[said["ground"]],
                further=[evidence[key] for key in said.get("further") or []],
                note_en=said.get("note_en") or "",
                note_ar=said.get("note_ar") or "",
                by=None,
            )
        for look in item.get("checks") or []:
            Check.objects.create(commitment=commitment, **dated(Check, look))
        for measure in item.get("indicators") or []:
            indicator = Indicator.objects.create(commitment=commitment, **dated(Indicator, measure))
            for value in measure.get("measurements") or []:
                Measurement.objects.create(
                    indicator=indicator, **dated(Measurement, value, evidence=evidence[value["evidence"]])
                )

    for item in [
        *(row.get("evidence") or []),
        *(piece for _c, kept in commitments for piece in kept.get("evidence") or []),
    ]:
        if item.get("withdrawn"):
            withdraw(evidence[item["key"]], reason=item["withdrawn"]["reason"], by=None)
    for commitment, _item in commitments:
        refresh_status(commitment)


def _load_date_changes(item: Row, owner: Row, evidence: dict[str, Evidence], dated: Callable[..., Row]) -> None:
    for change in item.get("date_changes") or []:
        proof = evidence[change["evidence"]] if change.get("evidence") else None
        DateChange.objects.create(**owner, **dated(DateChange, change, evidence=proof))


def load_aliases(seeds: Path) -> int:
    """Every alias the seeds know and the database does not; returns how many were added."""
    before = Alias.objects.count()
    targets: dict[str, dict[str, Any]] = {
        "party": Party.objects.in_bulk(field_name="slug"),
        "plan": Plan.objects.in_bulk(field_name="slug"),
        "sector": Sector.objects.in_bulk(field_name="slug"),
    }
    aliases = []
    for path in sorted((seeds / "aliases").glob("*.yaml")):
        for row in read(path):
            alias = Alias(
                text=row["text"],
                language=row["lang"],
                kind=row["kind"],
                origin=row.get("origin") or Alias.Origin.GENERAL,
                exact_case=bool(row.get("exact_case")),
            )
            for kind, slug in (row.get("target") or {}).items():
                if kind in targets:
                    setattr(alias, kind, targets[kind][slug])
            aliases.append(alias)
    Alias.objects.bulk_create(aliases, ignore_conflicts=True, batch_size=1000)
    return Alias.objects.count() - before


def remove_demo() -> None:
    """Take away every row marked as demo; what is real stays, its statuses derived afresh.

    Runs in the caller's transaction; PostgreSQL lets append-only demo rows go only after this announcement.
    """
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL mithaq.resets_demo = 'on'")
    touched = list(Commitment.objects.filter(is_demo=False, evidence__is_demo=True).distinct())
    touched += list(Commitment.objects.filter(is_demo=False, assessments__is_demo=True).distinct())
    DateChange.objects.filter(evidence__is_demo=True).update(evidence=None)
    Measurement.objects.filter(evidence__is_demo=True).delete()
    for model, condition in [
        ("plans_withdrawal", "evidence_id IN (SELECT id FROM plans_evidence WHERE is_demo)"),
        ("plans_withdrawal", "assessment_id IN (SELECT id FROM plans_assessment WHERE is_demo)"),
        ("plans_assessmentevidence", "assessment_id IN (SELECT id FROM plans_assessment WHERE is_demo)"),
    ]:
        with connection.cursor() as cursor:
            cursor.execute(f"DELETE FROM {model} WHERE {condition}")  # noqa: S608 names of our own
    Assessment.objects.filter(is_demo=True).delete()
    Briefing.objects.filter(is_demo=True).delete()
    reworded = list(Commitment.objects.filter(is_demo=False, wordings__is_demo=True).distinct())
    Wording.objects.filter(is_demo=True).delete()
    for commitment in reworded:
        _say_again(commitment)
    Evidence.objects.filter(is_demo=True).delete()
    Commitment.objects.filter(is_demo=True).delete()
    ActionPoint.objects.filter(is_demo=True).delete()
    Office.objects.filter(is_demo=True).delete()
    Meeting.objects.filter(is_demo=True).delete()
    for commitment in {commitment.pk: commitment for commitment in touched}.values():
        refresh_status(commitment)
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL mithaq.resets_demo = 'off'")


def _say_again(commitment: Commitment) -> None:
    """Give a commitment the words of the newest of its versions that are left."""
    last = commitment.wordings.order_by("-number")[0]  # the first is as real as the commitment
    words = {name: getattr(last, name) for name in ("title_en", "title_ar", "text_en", "text_ar")}
    Commitment.objects.filter(pk=commitment.pk).update(**words)


def has_demo() -> bool:
    """Whether anything invented is on the pages."""
    return Commitment.objects.filter(is_demo=True).exists() or User.objects.filter(is_demo=True).exists()
