from datetime import timedelta

from django.db import migrations
from django.utils import timezone

from articles.stories import print_of

# shingles are told by their words' digests now: what was printed otherwise would not be known again. Older articles
# than these are no copies of what comes.
RECENT = timedelta(days=30)


def print_anew(apps, schema_editor):
    Fingerprint = apps.get_model("articles", "Fingerprint")
    recent = Fingerprint.objects.filter(article__listed_at__gte=timezone.now() - RECENT)
    for fingerprint in recent.select_related("article__revision").iterator(chunk_size=200):
        revision = fingerprint.article.revision
        own = print_of(revision.text) if revision else None
        if own is None:
            fingerprint.delete()
        else:
            fingerprint.bands = own.bands
            fingerprint.save(update_fields=["bands"])


class Migration(migrations.Migration):

    dependencies = [
        ("articles", "0015_note_new_articles_together"),
    ]

    operations = [
        migrations.RunPython(print_anew, migrations.RunPython.noop, elidable=True),
    ]
