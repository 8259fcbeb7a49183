"""Who is told what: in the page, and by a digest. Everything is found from the record and told once.

`gather` looks at what is so and writes what nobody was told yet; a unique key a person makes it safe to run at any
time, by any number of workers. `send_digests` claims a person's period in the database before it sends.
"""

import logging
import re
from datetime import datetime, timedelta
from typing import Any, Final

from django.conf import settings
from django.core.mail import send_mail
from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from articles.models import Annotation, Comment, Digest, Follow, Notice, Wish
from plans.models import Assessment, Commitment, Level, Plan, User
from plans.progress import ProgressError
from plans.reader import in_words
from plans.rights import BACKEND
from plans.templatetags.mithaq import words_for_date

LOOKS_BACK: Final = timedelta(days=7)  # a worker that was down for less misses nothing
DUE_WITHIN: Final = timedelta(days=14)
FROM_HOUR: Final = 6  # of the site's own time: a digest is there when the day begins
MOST_IN_A_DIGEST: Final = 100
MOST_MENTIONED: Final = 20
_MENTION = re.compile(r"(?<![\w@])@([\w.+-]{1,150})")

log = logging.getLogger(__name__)


# ------------------------------------------------------------------ following


def follow(plan: Plan, person: User) -> None:
    """From now on the person is told of the plan; twice is once."""
    Follow.objects.get_or_create(plan=plan, person=person)


def unfollow(plan: Plan, person: User) -> None:
    Follow.objects.filter(plan=plan, person=person).delete()


# ------------------------------------------------------------------ comments


def mentioned(text: str) -> list[User]:
    """The people named with @ who work here; a full stop after a name is no part of it."""
    names = {name.rstrip(".") for name in _MENTION.findall(text)[:MOST_MENTIONED]}
    people = User.objects.filter(username__in=names, is_active=True).order_by("pk")
    return [person for person in people if person.has_perm("articles.view_annotation")]


@transaction.atomic
def comment(annotation: Annotation, text: str, by: User) -> Comment:
    """Say something about a quote, and tell who is named. Raises ProgressError where it says nothing or too much."""
    text = text.replace("\x00", "").strip()
    if not text:
        raise ProgressError(_("Write something first."), "text")
    if len(text) > 4000:
        raise ProgressError(_("A comment has 4,000 characters at most."), "text")
    said = Comment.objects.create(annotation=annotation, text=text, by=by)
    people = [person for person in mentioned(text) if person != by]
    tell([Notice(person=one, kind=Notice.Kind.MENTION, key=f"mention:{said.pk}", comment=said) for one in people])
    return said


@transaction.atomic
def remove_comment(said: Comment, by: User) -> None:
    """Take one's own comment away; the history keeps that it was there. Raises ProgressError for another's."""
    if said.by_id != by.pk:
        raise ProgressError(_("You can remove your own comments only."))
    Comment.objects.filter(pk=said.pk, removed_at=None).update(removed_at=timezone.now())
    Notice.objects.filter(comment=said, read_at=None).update(read_at=timezone.now())


# ------------------------------------------------------------------ quotes somebody is to look at


def colleagues() -> QuerySet[User]:
    """Whom a quote may be given to: who may say something about it."""
    found = User.objects.with_perm("articles.add_comment", backend=BACKEND)
    return found.order_by("first_name", "last_name", "username")


@transaction.atomic
def assign_quote(quote: Annotation, person: User | None, by: User) -> int | None:
    """Give a quote to a colleague to look at, who is told, or with None to nobody any more. Returns whose it was.

    Raises ProgressError where the person does not work on quotes, or the quote was taken back.
    """
    if person is not None and not person.has_perm("articles.add_comment"):
        raise ProgressError(_("%s does not work on quotes.") % person.shown_name, "colleague")
    quote = Annotation.objects.select_for_update(of=("self",)).get(pk=quote.pk)
    if quote.undone_at is not None:
        raise ProgressError(_("This quote has been taken back."), "colleague")
    was = quote.assigned_to_id
    if was != (person and person.pk):
        quote.assigned_to = person
        quote.save(update_fields=["assigned_to"])
        tell_of_assignment(f"quote:{quote.pk}", was, person, by, annotation=quote)
    return was


def assigned_to(person: User) -> QuerySet[Annotation]:
    """The standing quotes this person is to look at, oldest first."""
    found = Annotation.objects.filter(assigned_to=person, undone_at=None, evidence__withdrawal=None)
    return found.select_related("evidence", "plan__side_a", "plan__side_b", "commitment").order_by("pk")


# ------------------------------------------------------------------ telling


def tell(notices: list[Notice]) -> None:
    """Write the notices people want and were not given before."""
    unwanted = dict(Wish.objects.filter(person__in={n.person_id for n in notices}).values_list("person", "unwanted"))
    wanted = [notice for notice in notices if notice.kind not in unwanted.get(notice.person_id, [])]
    Notice.objects.bulk_create(wanted, ignore_conflicts=True, batch_size=500)


def tell_of_assignment(key: str, was: int | None, person: User | None, by: User, **about: Any) -> None:
    """Tell who is given a story or a quote to look at; it is no more among the notices of whose it was until now."""
    Notice.objects.filter(person=was, key=key).delete()
    if person is not None and person != by:
        tell([Notice(person=person, kind=Notice.Kind.ASSIGNED, key=key, **about)])


def gather(now: datetime) -> None:
    """Tell everybody what happened since they were told; run again it changes nothing."""
    notices: list[Notice] = []
    followers: dict[int, list[int]] = {}
    for plan, person in Follow.objects.filter(person__is_active=True).values_list("plan", "person"):
        followers.setdefault(plan, []).append(person)
    today = timezone.localdate(now)
    said = Assessment.objects.standing().filter(plan__in=followers, recorded_at__gt=now - LOOKS_BACK)
    since = {(f.plan_id, f.person_id): f.since for f in Follow.objects.filter(plan__in=followers)}
    for one in said.only("pk", "plan_id", "commitment_id", "recorded_by_id", "recorded_at"):
        for person in followers[one.plan_id]:
            if person == one.recorded_by_id or one.recorded_at < since.get((one.plan_id, person), now):
                continue  # who recorded it knows; who came later reads the page
            notices.append(
                Notice(
                    person_id=person,
                    kind=Notice.Kind.STATUS,
                    key=f"status:{one.pk}",
                    assessment=one,
                    commitment_id=one.commitment_id,
                )
            )
    of_followed = Commitment.objects.filter(plan__in=followers)
    for pk, plan, heard in of_followed.silent(today).values_list("pk", "plan", "heard"):
        for person in followers[plan]:
            key = f"silent:{pk}:{heard}"
            notices.append(Notice(person_id=person, kind=Notice.Kind.SILENT, key=key, commitment_id=pk))
    due = (
        of_followed.in_force(today)
        .filter(due_on__range=(today, today + DUE_WITHIN))
        .exclude(status__in=[Level.COMPLETED, Level.DROPPED])
    )
    for pk, plan, on in due.values_list("pk", "plan", "due_on"):
        for person in followers[plan]:
            key = f"due:{pk}:{on}"
            notices.append(Notice(person_id=person, kind=Notice.Kind.DUE, key=key, commitment_id=pk))
    tell(notices)


def unread(user: Any) -> int:
    """How many notices a person has not read, counted to 100; nobody else has any."""
    if not getattr(user, "pk", None):
        return 0
    return len(Notice.objects.filter(person=user, read_at=None).order_by().values_list("pk")[:100])


def of(person: User) -> QuerySet[Notice]:
    """A person's notices with what they are about, newest first."""
    return Notice.objects.filter(person=person).select_related(
        "article", "annotation", "comment__by", "comment__annotation", "commitment__plan", "assessment"
    )


def mark_read(person: User, now: datetime, pk: int | None = None) -> int:
    found = Notice.objects.filter(person=person, read_at=None)
    return (found if pk is None else found.filter(pk=pk)).update(read_at=now)


def words_of(notice: Notice) -> str:
    """The notice in a sentence, in the reader's language."""
    if notice.annotation is not None:
        return _("To look at, assigned to you: %s") % notice.annotation.exact[:200]
    if notice.kind == Notice.Kind.ASSIGNED:
        return _("To review, assigned to you: %s") % notice.article
    if notice.kind == Notice.Kind.MENTION and notice.comment is not None:
        words = "…" if notice.comment.removed_at else notice.comment.text[:200]
        return _("%(who)s mentions you: %(words)s") % {"who": notice.comment.by.shown_name, "words": words}
    assert notice.commitment is not None
    about = f"{notice.commitment.code} {in_words(notice.commitment, 'title')}"
    if notice.kind == Notice.Kind.STATUS and notice.assessment is not None:
        level = Level(notice.assessment.level).label
        return _("New status: %(about)s: %(level)s") % {"about": about, "level": level}
    if notice.kind == Notice.Kind.DUE and notice.commitment.due_on is not None:
        on = words_for_date(notice.commitment.due_on, notice.commitment.due_precision)
        return _("Due soon: %(about)s: %(on)s") % {"about": about, "on": on}
    return _("Silent for long: %s") % about


def address_of(notice: Notice) -> str:
    if notice.article_id is not None:
        return reverse("review_article", args=[notice.article_id])
    if notice.annotation_id is not None:
        return reverse("comments", args=[notice.annotation_id])
    if notice.comment is not None:
        return f"{reverse('comments', args=[notice.comment.annotation_id])}#c{notice.comment_id}"
    assert notice.commitment is not None
    return reverse("commitment", args=[notice.commitment.plan.slug, notice.commitment.code])


# ------------------------------------------------------------------ by e-mail


def period_of(digest: str, now: datetime) -> str | None:
    """The period whose digest is due now: the day, or the week from its Monday; None before six in the morning."""
    here = timezone.localtime(now)
    if here.hour < FROM_HOUR:
        return None
    if digest == Wish.Digest.WEEKLY:
        year, week, _day = here.isocalendar()
        return f"{year}-W{week:02}"
    return here.date().isoformat()


def send_digests(now: datetime) -> int:
    """Send everybody the digest that is due, and return how many were sent; never twice for one period.

    A digest that could not be sent is kept with its error and its notices go into the next: the mail server may have
    taken it all the same.
    """
    sent = 0
    wishes = Wish.objects.exclude(digest="").filter(person__is_active=True).exclude(person__email="")
    for wish in wishes.select_related("person").order_by("pk"):
        period = period_of(wish.digest, now)
        if period is not None:
            sent += _send(wish, period, now)
    return sent


def _send(wish: Wish, period: str, now: datetime) -> bool:
    person = wish.person
    if Digest.objects.filter(person=person, period=period).exists():
        return False
    found = list(of(person).filter(read_at=None, mailed_at=None)[:MOST_IN_A_DIGEST])
    if not found:
        return False  # an empty digest is no news; one may still come in this period
    try:
        with transaction.atomic():
            claim = Digest.objects.create(person=person, period=period, notices=len(found))
    except IntegrityError:
        return False  # another worker has it
    try:
        with translation.override(wish.language):
            subject, body = letter(found, person)
            send_mail(subject, body, settings.DEFAULT_FROM_EMAIL, [person.email])
    except OSError as error:  # smtplib's errors are OSErrors
        log.warning("The digest %s of %s was not sent: %s", period, person.pk, error)
        Digest.objects.filter(pk=claim.pk).update(error=str(error)[:2000])
        return False
    Notice.objects.filter(pk__in=[notice.pk for notice in found]).update(mailed_at=now)
    Digest.objects.filter(pk=claim.pk).update(sent_at=timezone.now())
    return True


def letter(notices: list[Notice], person: User) -> tuple[str, str]:
    """Subject and body of a digest, in plain words; lines of one kind stand together."""
    n = len(notices)
    subject = ngettext("Mithaq: %(n)d notice", "Mithaq: %(n)d notices", n) % {"n": n}
    lines = [_("Dear %s,") % person.shown_name, ""]
    for kind in Notice.Kind:
        of_kind = [one for one in notices if one.kind == kind]
        if of_kind:
            lines += [
                str(kind.label),
                *(f"- {_one_line(words_of(one))}\n  {on_the_site(address_of(one))}" for one in of_kind),
                "",
            ]
    lines.append(_("What you are told, and how often: %s") % on_the_site(reverse("preferences")))
    return subject, "\n".join(lines)


def on_the_site(path: str) -> str:
    """The whole address of a path, for an e-mail; the path alone where the site has not been told its address."""
    return f"{settings.SITE_ADDRESS.rstrip('/')}{path}"


def _one_line(words: str) -> str:
    return " ".join(words.split())
