"""Pages of the review: the queue, the workspace, and the steps taken in it."""

from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Prefetch, Q
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.dateparse import parse_date, parse_datetime
from django.utils.html import format_html_join
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_POST
from django_htmx.http import push_url

from articles import notices as telling
from articles import queue as queueing
from articles import review as reviewing
from articles.aids import beside
from articles.forms import EvidenceForm
from articles.models import Annotation, Article, Claim, Source, Suggestion
from articles.queue import COUNTED_TO, STATES, Wanted
from articles.targets import editable_by, names_of_plans, short_name
from articles.views import NEWS_LANGUAGES, may, whole_number
from articles.views.names import from_quote
from articles.workspace import QUEUE_SHOWN, Standing, Workspace, opened, waiters_of, workspace_of
from plans.approval import needs_approval
from plans.models import Plan, Proposal, Sector, User
from plans.progress import ProgressError
from plans.views import person, pulse_of, vary_on_htmx, wants_fragment

QUEUE_ON_A_PAGE = 50
BIGINT = 2**63  # PostgreSQL knows no key beyond


# ------------------------------------------------------------------ queue


@may("articles.add_annotation")
@require_GET
def review_queue(request: HttpRequest) -> HttpResponse:
    """The stories that wait, by what matters, with filters, counts, and boxes to decide many in one step."""
    wanted, now = Wanted.read(request.GET), timezone.now()
    found = wanted.of(person(request), now).for_lists().with_outlets().select_related("source", "assigned_to")
    holding = Claim.objects.filter(until__gte=now).exclude(person=person(request)).select_related("person")
    shown = list(found.prefetch_related(Prefetch("claims", holding, "holding"))[: QUEUE_ON_A_PAGE + 1])
    counts = wanted.counts(person(request), now)
    context = {
        "wanted": wanted,
        "articles": shown[:QUEUE_ON_A_PAGE],
        "more": len(shown) > QUEUE_ON_A_PAGE,
        "states": [(state, name, counts[state]) for state, name in STATES.items()],
        "counted_to": COUNTED_TO,
        "plans": Plan.objects.visible_to(request.user).with_sides(),
        "sectors": Sector.objects.order_by("slug"),
        "sources": Source.objects.only("slug", "name").order_by("name"),
        "languages": NEWS_LANGUAGES,
        "reviewers": queueing.reviewers(),
        "quotes": telling.assigned_to(person(request)) if wanted.state in ("ready", "mine") else [],
        "nobody": queueing.NOBODY,
        "anybody": queueing.ANYBODY,
        "tomorrow": timezone.localdate() + timedelta(days=1),
    }
    return render(request, "articles/review_queue.html", context)


@may("articles.add_annotation")
@require_POST
def decide_many(request: HttpRequest) -> HttpResponse:
    """Accept, dismiss, put off or give away the stories ticked, in one step."""
    asked = request.POST
    pks = [int(pk) for pk in asked.getlist("article") if pk.isascii() and pk.isdigit() and len(pk) < 19]
    back = redirect(f"{reverse('review_queue')}?{Wanted.read(request.GET).query}")
    if not pks:
        messages.error(request, _("Tick the stories first."))
        return back
    if "later" in asked or "assign" in asked:
        return _set_aside(request, pks, back)
    verdict = "dismiss" if "dismiss" in asked else "accept"
    many = queueing.decide_many(pks, verdict, person(request))
    n = len(many.done)
    if n:
        said = (
            ngettext("%(n)d story dismissed.", "%(n)d stories dismissed.", n)
            if verdict == "dismiss"
            else ngettext("%(n)d story accepted.", "%(n)d stories accepted.", n)
        )
        offer_undo(
            request, said % {"n": n}, f"{reverse('review_reopen_many')}?{urlencode({'at': many.at.isoformat()})}"
        )
    for article, why in many.left[:5]:
        messages.warning(request, _("Left as it is: %(title)s: %(why)s.") % {"title": article.title[:80], "why": why})
    return back


def _set_aside(request: HttpRequest, pks: list[int], back: HttpResponse) -> HttpResponse:
    asked, later = request.POST, "later" in request.POST
    undo: list[tuple[str, str]] = []
    try:
        with transaction.atomic():
            for article in Article.objects.filter(pk__in=pks[: queueing.AT_ONCE]).order_by("pk"):
                if later:
                    queueing.put_off(article, day_of(asked.get("until", "")))
                    undo.append(("now", str(article.pk)))
                else:
                    was = queueing.assign(article, reviewer_of(asked.get("reviewer", "")), person(request))
                    undo.append(("was", f"{article.pk}-{was or ''}"))
    except reviewing.ReviewError as error:
        messages.error(request, str(error))
        return back
    n = len(undo)
    if later:
        said = ngettext("%(n)d story put off.", "%(n)d stories put off.", n)
    elif asked.get("reviewer"):
        said = ngettext("%(n)d story assigned.", "%(n)d stories assigned.", n)
    else:
        said = ngettext("%(n)d story open to everybody.", "%(n)d stories open to everybody.", n)
    offer_undo(request, said % {"n": n}, f"{reverse('review_reopen_many')}?{urlencode(undo)}")
    return back


def day_of(value: str) -> Any:
    """A day as a date field sends it. Raises ReviewError where it is none."""
    try:
        day = parse_date(value)
    except ValueError:
        day = None
    if day is None:
        raise reviewing.ReviewError(_("Choose a day to come."))
    return day


def reviewer_of(value: str) -> User | None:
    """The reviewer with this number; empty is whoever comes first. Raises ReviewError where there is no such person."""
    if value in ("", "-"):
        return None
    found = User.objects.filter(pk=whole_number(value), is_active=True).first()
    if found is None:
        raise reviewing.ReviewError(_("Choose a reviewer."))
    return found


@may("articles.add_annotation")
@require_POST
def reopen_many(request: HttpRequest) -> HttpResponse:
    """Undo one step that decided many stories, put them off or gave them to somebody."""
    asked, n = request.GET, 0
    if "was" in asked:
        pairs = [one.partition("-") for one in asked.getlist("was")]
        before = [(whole_number(pk), whole_number(was) or None) for pk, _dash, was in pairs]
        n = queueing.give_back(before, person(request))
        messages.success(
            request,
            ngettext("Undone: %(n)d story is given as before.", "Undone: %(n)d stories are given as before.", n)
            % {"n": n},
        )
        return redirect("review_queue")
    if "now" in asked:
        for article in Article.objects.filter(pk__in=map(whole_number, asked.getlist("now")[: queueing.AT_ONCE])):
            queueing.put_off(article, None)
            n += 1
    else:
        try:
            at = parse_datetime(asked.get("at", ""))
        except ValueError:
            at = None
        n = queueing.reopen_many(at, person(request)) if at is not None and at.tzinfo is not None else 0
    messages.success(
        request, ngettext("Undone: %(n)d story waits again.", "Undone: %(n)d stories wait again.", n) % {"n": n}
    )
    return redirect("review_queue")


# ------------------------------------------------------------------ workspace


@may("articles.add_annotation")
@require_GET
@vary_on_htmx
def review(request: HttpRequest, pk: int | None = None) -> HttpResponse:
    """The queue, an article's text, and the decision about it; without a number the first that is ready."""
    if pk is None:
        wanted = Wanted.read(request.GET)
        pk = wanted.of(person(request), timezone.now()).values_list("pk", flat=True).first()
    return review_page(request, pk, request.GET.get("plan", ""))


def review_page(
    request: HttpRequest, pk: int | None, plan: str = "", form: EvidenceForm | None = None, status: int = 200
) -> HttpResponse:
    """The review page of an article (None: nothing waits), or its part for htmx. Whoever opens it claims it."""
    space = None
    following = None
    claims = []
    pulse = pulse_of(request)
    user, now, wanted = person(request), timezone.now(), Wanted.read(request.GET)
    editable = editable_by(user, pulse)
    if pk is not None:
        found = opened(pk) if pk < BIGINT else []
        if not found:
            raise Http404
        one = found[0]
        claims = queueing.claim(one, user)
        editing = edited(request, one) if form is None else form.editing
        initial = what_was_recorded(editing) if editing else asked_for(request)
        space = workspace_of(user, one, editable, pulse, editing.plan.slug if editing else plan, form, initial, editing)
    queue = waiters_of(wanted.beginning(user, now, QUEUE_SHOWN), pulse, pk, wanted.query)
    if space is not None:
        following = wanted.next_after(space.article, user, now, [waiter.pk for waiter in queue])
    waiting, done = queueing.of_the_day(user, now)
    context = {
        "space": space,
        "claims": [claim for claim in claims if claim.person_id != user.pk],
        "is_first": not claims or claims[0].person_id == user.pk,
        "seen": reviewing.decision_of(space.article) if space else "",
        "opened_at": now,
        "wanted": wanted,
        "queue": queue,
        "waiting": waiting,
        "done": done,
        "counted_to": COUNTED_TO,
        "more": max(0, waiting - QUEUE_SHOWN),
        "following": following,
        "other_plans": format_html_join(
            "",
            '<option value="{}">{}</option>',
            (named for pk, named in names_of_plans(pulse).items() if pk in editable),
        ),
        "reviewers": queueing.reviewers() if space and "give" in request.GET else [],
        "tomorrow": timezone.localdate() + timedelta(days=1),
        "in_a_week": timezone.localdate() + timedelta(days=7),
        "is_fragment": wants_fragment(request),
    }
    template = "articles/review.html#review" if wants_fragment(request) else "articles/review.html"
    return render(request, template, context, status=status)


PREFILLED = ("start", "end", "kind", "target", "speaker", "contradicts", "about", "held")


def asked_for(request: HttpRequest) -> dict[str, Any]:
    """What an address fills the form with: a hint beside the text leads to the very correction."""
    return {name: request.GET[name][:500] for name in PREFILLED if request.GET.get(name)}


def edited(request: HttpRequest, one: Article) -> Annotation | None:
    """The quote of this article that is to be recorded otherwise, as the address or the form names it."""
    asked = request.POST.get("annotation") or request.GET.get("edit", "")
    if not asked:
        return None
    quotes = Annotation.objects.filter(revision__article=one, undone_at=None).select_related("plan", "evidence")
    return quotes.filter(pk=whole_number(asked)).first()


def what_was_recorded(annotation: Annotation) -> dict[str, Any]:
    target = "plan"
    if annotation.commitment_id:
        target = f"c{annotation.commitment_id}"
    elif annotation.pillar_id:
        target = f"p{annotation.pillar_id}"
    names = ("start", "end", "kind", "speaker", "note")
    glosses = {name: getattr(annotation.evidence, name) for name in ("gloss_en", "gloss_ar")}
    return {"target": target, **{name: getattr(annotation, name) for name in names}, **glosses}


@may("articles.add_annotation")
@require_GET
def standing(request: HttpRequest, pk: int) -> HttpResponse:
    """Where the target just chosen stands, beside the form."""
    one = get_object_or_404(Article.objects.select_related("source", "revision"), pk=pk)
    plan = get_object_or_404(Plan.objects.visible_to(request.user).with_sides(), slug=request.GET.get("plan", ""))
    target = request.GET.get("target", "")
    commitment = plan.commitments.filter(pk=whole_number(target[1:])).first() if target[:1] == "c" else None
    space = Workspace(one, one.revision, plan=plan, standing=Standing(plan, commitment.pk if commitment else None))
    return render(request, "articles/review.html#standing", {"space": space})


@may("articles.add_annotation")
@require_GET
def beside_each_other(request: HttpRequest, pk: int, other: int) -> HttpResponse:
    """Two copies of one story side by side, with the words marked in which they differ."""
    copies = Article.objects.select_related("source", "revision")
    mine, theirs = get_object_or_404(copies, pk=pk), get_object_or_404(copies, pk=other)
    if mine.story_id is None or mine.story_id != theirs.story_id:
        raise Http404
    left, right, is_whole = beside(
        *(f"{one.title}\n\n{one.revision.text}" if one.revision else one.title for one in (mine, theirs))
    )
    context = {"sides": [(mine, left), (theirs, right)], "is_whole": is_whole, "article": mine}
    return render(request, "articles/beside.html", context)


def after_review(request: HttpRequest, pk: int | None, plan: str = "") -> HttpResponse:
    """Where a decision leads: the page's part for htmx, else the page by a redirect; plan and filters stay chosen."""
    address = reverse("review_article", args=[pk]) if pk else reverse("review")
    query = "&".join(
        part for part in (urlencode({"plan": plan}) if plan else "", Wanted.read(request.GET).query) if part
    )
    if query:
        address += f"?{query}"
    if not wants_fragment(request):
        return redirect(address)
    return push_url(review_page(request, pk, plan), address)


def offer_undo(request: HttpRequest, text: str, address: str) -> None:
    messages.success(request, text, extra_tags=f"undo:{address}")


@may("articles.add_annotation")
@require_POST
@vary_on_htmx
def presence(request: HttpRequest, pk: int) -> HttpResponse:
    """Renew the claim of an open page, and say who else has the story open and what they did since."""
    one = get_object_or_404(Article.objects.select_related("story", "decided_by"), pk=pk)
    user = person(request)
    claims = queueing.claim(one, user)
    since = since_of(request)
    quotes = Annotation.objects.filter(revision__article=one, created_at__gt=since).exclude(created_by=user)
    seen = request.POST.get("seen", "")
    context = {
        "article": one,
        "claims": [claim for claim in claims if claim.person_id != user.pk],
        "is_first": not claims or claims[0].person_id == user.pk,
        "news": list(quotes.select_related("created_by")[:5]),
        "is_decided": seen != reviewing.decision_of(one) and one.decided_by_id not in (None, user.pk),
        "seen": seen,
        "opened_at": since,
        "wanted": Wanted.read(request.GET),
    }
    return render(request, "articles/review.html#presence", context)


def since_of(request: HttpRequest) -> datetime:
    """When the page was opened, as it said itself; now where it did not."""
    try:
        opened = parse_datetime(request.POST.get("opened_at", ""))
    except ValueError:
        opened = None
    return opened if opened is not None and opened.tzinfo is not None else timezone.now()


@may("articles.add_annotation")
@require_POST
def decide(request: HttpRequest, pk: int) -> HttpResponse:
    """Accept an article for a plan, refuse one suggestion, put it off, or dismiss it and go on to the next."""
    one = get_object_or_404(Article.objects.select_related("story"), pk=pk)
    try:
        return _decide(request, one)
    except reviewing.ReviewError as error:
        messages.error(request, str(error))
        return after_review(request, pk)


def _decide(request: HttpRequest, one: Article) -> HttpResponse:
    asked, user, pk = request.POST, person(request), one.pk
    seen = asked.get("seen")
    if "dismiss" in asked:
        following = Wanted.read(request.GET).next_after(one, user, timezone.now())
        done = reviewing.dismiss(one, user, seen=seen)
        queueing.release(one, user)
        offer_undo(request, _("Dismissed: %s") % (one.title or one), undo_of(done))
        return after_review(request, following)
    if "later" in asked:
        following = Wanted.read(request.GET).next_after(one, user, timezone.now())
        queueing.put_off(one, day_of(asked.get("until", "")))
        queueing.release(one, user)
        offer_undo(request, _("Put off: %s") % (one.title or one), reverse("review_now", args=[pk]))
        return after_review(request, following)
    if "refuse" in asked:
        suggestion = get_object_or_404(one.suggestions.select_related("plan"), plan__slug=asked["refuse"])
        reviewing.dismiss_suggestion(suggestion, user)
        assert suggestion.plan is not None
        offer_undo(
            request,
            _("Not about %s.") % short_name(suggestion.plan),
            reverse("suggestion_reopen", args=[suggestion.pk]),
        )
        return after_review(request, pk)
    # «accept» is the button of a suggestion; «other» a plan nobody suggested
    slug = asked.get("accept") or asked.get("other", "")
    already = one.suggestions.filter(state=Suggestion.State.ACCEPTED, plan__isnull=False)
    theirs = Q(slug=slug, pk__in=Plan.objects.editable_by(request.user).values("pk"))
    plans = Plan.objects.visible_to(request.user).with_sides().filter(theirs | Q(pk__in=already.values("plan")))
    named = [plan for plan in plans if plan.slug == slug]
    if not named:
        messages.error(request, _("Choose a plan first."))
        return after_review(request, pk)
    sectors = Sector.objects.filter(slug__in=asked.getlist("sector"))
    done = reviewing.accept(one, plans, sectors, user, seen=seen)
    offer_undo(request, _("Accepted for %s.") % short_name(named[0]), undo_of(done))
    return after_review(request, pk)


def undo_of(article: Article) -> str:
    """Where this very decision is undone, and no later one of somebody else."""
    seen = urlencode({"seen": reviewing.decision_of(article)})
    return f"{reverse('review_reopen', args=[article.pk])}?{seen}"


@may("articles.add_annotation")
@require_POST
def reopen(request: HttpRequest, pk: int) -> HttpResponse:
    """Undo the decision about an article."""
    one = get_object_or_404(Article, pk=pk)
    try:
        reviewing.reopen(one, person(request), seen=request.GET.get("seen") or request.POST.get("seen"))
    except reviewing.ReviewError as error:
        messages.error(request, str(error))
    else:
        messages.success(request, _("Undone: the article waits again."))
    return after_review(request, pk)


@may("articles.add_annotation")
@require_POST
def take_up(request: HttpRequest, pk: int) -> HttpResponse:
    """Undo «not now»."""
    one = get_object_or_404(Article, pk=pk)
    queueing.put_off(one, None)
    messages.success(request, _("Undone: the article waits again."))
    return after_review(request, pk)


@may("articles.add_annotation")
@require_POST
def assign(request: HttpRequest, pk: int) -> HttpResponse:
    """Give a story to a reviewer, or open it to everybody; who gives it away goes on to the next."""
    one, user = get_object_or_404(Article.objects.select_related("story"), pk=pk), person(request)
    following = Wanted.read(request.GET).next_after(one, user, timezone.now())
    try:
        to = reviewer_of(request.GET.get("reviewer") or request.POST.get("reviewer", ""))
        was = queueing.assign(one, to, user)
    except reviewing.ReviewError as error:
        messages.error(request, str(error))
        return after_review(request, pk)
    said = _("Open to everybody: %(title)s") if to is None else _("Assigned to %(name)s: %(title)s")
    undo = f"{reverse('review_assign', args=[pk])}?{urlencode({'reviewer': was or '-'})}"
    offer_undo(request, said % {"name": to and to.shown_name, "title": one.title or one}, undo)
    if to in (None, user):
        return after_review(request, pk)
    queueing.release(one, user)
    return after_review(request, following)


@may("articles.add_annotation")
@require_POST
def reopen_suggestion(request: HttpRequest, pk: int) -> HttpResponse:
    """Undo the decision about one suggestion."""
    suggestion = get_object_or_404(Suggestion.objects.select_related("article"), pk=pk)
    reviewing.reopen_suggestion(suggestion, person(request))
    messages.success(request, _("Undone: the suggestion is open again."))
    return after_review(request, suggestion.article_id)


@may("articles.add_annotation")
@require_POST
def annotate(request: HttpRequest, pk: int) -> HttpResponse:
    """Record a quote as evidence and, where a level was chosen, a side's view because of it."""
    one = get_object_or_404(Article.objects.select_related("source", "revision"), pk=pk)
    plan = get_object_or_404(Plan.objects.visible_to(request.user).with_sides(), slug=request.POST.get("plan", ""))
    # the text that was on the page, also where the outlet has edited it meanwhile
    revision = one.revisions.filter(pk=whole_number(request.POST.get("revision", ""))).first() or one.revision
    if revision is None:
        raise Http404
    editing = edited(request, one)
    if editing is None and request.POST.get("annotation"):
        messages.error(
            request, _("This quote has been taken back meanwhile. What you entered is kept: record it anew.")
        )
    form = EvidenceForm(request.POST, article=one, revision=revision, plan=plan, user=person(request), editing=editing)
    if "alias" in request.POST:  # the words chosen are a name rather than evidence
        return from_quote(request, revision)
    if "look" in request.POST:  # without a script: where the target stands, before anything is recorded
        form.look()
        return review_page(request, pk, form=form)
    if form.is_valid():
        try:
            annotation = reviewing.annotate_and_assess(
                editing.revision if editing else revision,
                by=person(request),
                replacing=editing,
                **form.fields_of_evidence(),
            )
        except (reviewing.ReviewError, ProgressError) as error:
            form.add_error(None, str(error.args[0]))
        except ValidationError as error:
            form.add_error(None, error.messages)
        else:
            level = form.cleaned_data.get("level")
            if level and needs_approval(Proposal.Kind.ASSESS, plan, {"level": level}):
                said = _("Recorded as evidence. The new level waits until somebody else approves it.")
            elif level:
                said = _("Recorded as evidence, and the new level with it.")
            else:
                said = _("Recorded as evidence.")
            offer_undo(request, said, reverse("annotation_undo", args=[annotation.pk]))
            tell_of_others(request, one)
            return after_review(request, pk, plan.slug)
    return review_page(request, pk, form=form, status=422)


def tell_of_others(request: HttpRequest, one: Article) -> None:
    """Say who recorded what from the same article while it was open here: both stand."""
    theirs = Annotation.objects.filter(revision__article=one, created_at__gt=since_of(request), undone_at=None)
    names = {
        annotation.created_by.shown_name
        for annotation in theirs.exclude(created_by=person(request)).select_related("created_by")
        if annotation.created_by
    }
    for name in sorted(names):
        messages.info(request, _("%s has recorded evidence from this article meanwhile. Both stand.") % name)


@may("articles.add_annotation")
@require_POST
def undo_annotation(request: HttpRequest, pk: int) -> HttpResponse:
    """Take a quote back, with a reason where one is given; its evidence is withdrawn and what rested on it falls."""
    annotation = get_object_or_404(Annotation.objects.select_related("revision"), pk=pk)
    try:
        reviewing.undo_annotation(annotation, person(request), reason=request.POST.get("reason", "").strip()[:4000])
    except (reviewing.ReviewError, ProgressError) as error:
        messages.error(request, str(error))
    else:
        offer_undo(
            request,
            _("Undone: the evidence is withdrawn, and every status that rested on it with it."),
            reverse("annotation_restore", args=[pk]),
        )
    return after_review(request, annotation.revision.article_id)


@may("articles.add_annotation")
@require_POST
def restore_annotation(request: HttpRequest, pk: int) -> HttpResponse:
    """Record anew a quote that was taken back, because taking it back was the mistake."""
    annotation = get_object_or_404(Annotation.objects.select_related("revision"), pk=pk)
    try:
        again = reviewing.restore_annotation(annotation, person(request))
    except (reviewing.ReviewError, ProgressError) as error:
        messages.error(request, str(error))
    else:
        offer_undo(request, _("Recorded anew."), reverse("annotation_undo", args=[again.pk]))
    return after_review(request, annotation.revision.article_id)
