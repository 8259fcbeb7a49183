"""Loading the seeds of the news half: real sources, switched off, and the invented outlets of the demo press."""

from pathlib import Path

from django.utils import timezone

from articles.models import Annotation, Article, Source, Story
from plans.models import Party
from plans.seeding import fields, read


def load_sources(seeds: Path) -> int:
    """Feeds of official agencies, unverified and switched off until a person has looked at them."""
    parties = Party.objects.in_bulk(field_name="slug")
    rows = read(seeds / "sources.yaml")
    for row in rows:
        party = parties[row["party"]] if row.get("party") else None
        Source.objects.get_or_create(slug=row["slug"], defaults={**fields(Source, row, skip=["party"]), "party": party})
    return len(rows)


def load_demo_sources(seeds: Path, press: str) -> int:
    """The demo press's outlets as sources at `press` (host:port); one that moved to another port keeps its articles."""
    outlets = read(seeds / "demo" / "news" / "outlets.yaml")
    for outlet in outlets:
        url = f"http://{press}/{outlet['slug']}/feed.xml"
        source, made = Source.objects.get_or_create(
            slug=outlet["slug"],
            defaults={
                "name": outlet["name"],
                "url": url,
                "homepage": f"http://{press}/{outlet['slug']}/",
                "language": outlet["language"],
                "publisher": outlet["name"],
                "interval_minutes": 15,
                "is_verified": True,
                "is_demo": True,
            },
        )
        if not made and source.is_demo and source.url != url:
            Source.objects.filter(pk=source.pk).update(
                url=url, homepage=f"http://{press}/{outlet['slug']}/", due_at=timezone.now()
            )
    return len(outlets)


def remove_demo() -> None:
    """Take away the demo's sources with their articles, and every annotation whose evidence is demo.

    Runs in the caller's transaction, before `plans.seeding.remove_demo`, which takes the evidence itself.
    """
    Annotation.objects.filter(evidence__is_demo=True).delete()
    Article.objects.filter(source__is_demo=True).delete()
    Source.objects.filter(is_demo=True).delete()
    Story.objects.filter(articles=None).delete()
