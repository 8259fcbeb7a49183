"""Pages of names found in the press: proposed from a quote, approved by a second person, looked for in stored news."""

from typing import Any
from urllib.parse import urlencode

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods, require_POST
from django_htmx.http import HttpResponseClientRedirect

from articles import aliases, tasks
from articles.aliases import AliasError, Thing
from articles.forms import PRESS_LANGUAGES, SENTENCE
from articles.models import AliasProposal, Article, Rematching, Revision
from articles.review import BadQuote, cut_quote
from articles.search import TooSlow
from articles.views import may, whole_number
from plans.models import Alias, Party, Plan, Sector, User
from plans.reader import reader_language
from plans.templatetags.mithaq import plain
from plans.views import person, wants_fragment

LONGEST_QUEUE = 100
RUNS_SHOWN = 5
PROPOSES = "articles.add_aliasproposal"
KINDS = [(value, label) for value, label in Alias.Kind.choices if value != Alias.Kind.FALSE_FRIEND]


class NameForm(forms.Form):
    """A name, what it names, and how it is written."""

    text = forms.CharField(
        label=gettext_lazy("Name"),
        max_length=400,
        help_text=gettext_lazy("As the press writes it, no more than the name itself."),
        widget=forms.TextInput(attrs={"dir": "auto"}),
    )
    thing = forms.ChoiceField(label=gettext_lazy("It is a name of"))
    kind = forms.ChoiceField(label=gettext_lazy("Kind of name"), choices=KINDS, initial=Alias.Kind.NAME)
    language = forms.ChoiceField(label=gettext_lazy("Language"), choices=PRESS_LANGUAGES[1:])
    exact_case = forms.BooleanField(
        label=gettext_lazy("Capital letters must agree"),
        required=False,
        help_text=gettext_lazy("For acronyms that are also words."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        language = reader_language()
        groups: list[tuple[Any, list[tuple[str, str]]]] = [
            (_("Parties"), [(f"party:{p.slug}", plain(p, "name")) for p in Party.objects.order_by(f"name_{language}")]),
            (_("Pillars"), [(f"sector:{s.slug}", plain(s, "name")) for s in Sector.objects.all()]),
            (
                _("Plans"),
                [
                    (f"plan:{p.slug}", f"{plain(p.side_a, 'short')} – {plain(p.side_b, 'short')}")
                    for p in Plan.objects.with_sides()
                ],
            ),
        ]
        self.fields["thing"].choices = [("", _("choose")), *groups]  # type: ignore[attr-defined]

    def named(self) -> Thing:
        """What was chosen. Raises AliasError where it is gone."""
        model, _colon, slug = self.cleaned_data["thing"].partition(":")
        models: dict[str, type[Party] | type[Plan] | type[Sector]] = {"party": Party, "plan": Plan, "sector": Sector}
        found = models[model].objects.filter(slug=slug).first()
        if found is None:
            raise AliasError(_("What it names is no longer on record."))
        return found


def from_quote(request: HttpRequest, revision: Revision) -> HttpResponse:
    """From the words chosen in the workspace to the page that makes a name of them."""
    asked = request.POST
    spans = [(int(m[1]), int(m[2])) for m in map(SENTENCE.fullmatch, asked.getlist("sentence")) if m]
    start, end = asked.get("start", ""), asked.get("end", "")
    if not (start and end) and spans:
        start, end = str(min(s for s, _e in spans)), str(max(e for _s, e in spans))
    query = {"article": revision.article_id, "revision": revision.pk, "start": start, "end": end}
    address = f"{reverse('name_add')}?{urlencode(query)}"
    return HttpResponseClientRedirect(address) if wants_fragment(request) else redirect(address)


def _quoted(request: HttpRequest) -> tuple[Article | None, str]:
    """The article an address names, and the words of it."""
    asked = request.GET
    article = (
        Article.objects.filter(pk=whole_number(asked.get("article", ""))).select_related("revision", "source").first()
    )
    if article is None:
        return None, ""
    revision = article.revisions.filter(pk=whole_number(asked.get("revision", ""))).first() or article.revision
    try:
        quote = cut_quote(
            revision.text if revision else "", whole_number(asked.get("start", "")), whole_number(asked.get("end", ""))
        )
    except BadQuote:
        return article, ""
    return article, " ".join(quote.exact.split())


@may(PROPOSES)
@require_http_methods(["GET", "HEAD", "POST"])
def add(request: HttpRequest) -> HttpResponse:
    """Propose a name; looked at first, so that it is seen what it would newly match."""
    article, words = _quoted(request)
    seen, status = None, 200
    if request.method == "POST":
        form = NameForm(request.POST)
        try:
            if form.is_valid():
                done = _take(request, form, article)
                if isinstance(done, AliasProposal):
                    messages.success(request, _("Proposed. It counts once somebody else has approved it."))
                    return redirect("names")
                seen = done
        except AliasError as error:
            form.add_error("text", str(error))
        except TooSlow:
            form.add_error("text", _("This stands in too many texts to be counted. Take more words of the name."))
        status = 422 if form.errors else 200
    else:
        language = article.language if article else ""
        form = NameForm(initial={"text": words[:200], "language": language or "ar"})
    context = {"form": form, "article": article, "words": words, "seen": seen}
    return render(request, "articles/name_add.html", context, status=status)


def _take(request: HttpRequest, form: NameForm, article: Article | None) -> AliasProposal | aliases.Preview:
    said, thing, user = form.cleaned_data, form.named(), person(request)
    name = aliases.name_of(said["text"], said["language"], said["kind"], thing, exact_case=said["exact_case"])
    seen = aliases.preview(name, user)
    if "propose" not in request.POST:
        return seen
    return aliases.propose(
        said["text"],
        language=said["language"],
        kind=said["kind"],
        thing=thing,
        exact_case=said["exact_case"],
        by=user,
        article=article,
        seen=seen,
    )


def _queue(request: HttpRequest, refused: int = 0, problem: str = "") -> HttpResponse:
    user: User = person(request)
    decides = user.has_perm(aliases.APPROVES)
    proposals = aliases.for_lists(AliasProposal.objects.all())
    waiting = proposals.filter(state="waiting")
    returned = proposals.filter(state="returned", proposed_by=user).order_by("-decided_at")
    runs = _runs()
    context = {
        "waiting": waiting.exclude(proposed_by=user)[:LONGEST_QUEUE] if decides else [],
        "own": waiting.filter(proposed_by=user)[:LONGEST_QUEUE],
        "returned": returned[:RUNS_SHOWN],
        "decides": decides,
        "proposes": user.has_perm(PROPOSES),
        "runs": runs,
        "is_at_work": any(run.finished_at is None for run in runs),
        "refused": refused,
        "problem": problem,
        "note": request.POST.get("note", ""),
    }
    return render(request, "articles/names.html", context, status=422 if problem else 200)


def _runs() -> list[Rematching]:
    found = Rematching.objects.select_related("alias__party", "alias__plan__side_a", "alias__plan__side_b")
    return list(found.select_related("alias__sector").order_by("-asked_at", "-pk")[:RUNS_SHOWN])


@may(aliases.APPROVES)
@require_GET
def names(request: HttpRequest) -> HttpResponse:
    """Names that wait for this person, and their own; below, how far the looking through stored news is."""
    return _queue(request)


@may(aliases.APPROVES)
@require_GET
def progress(request: HttpRequest) -> HttpResponse:
    """How far the looking through stored news is, for the page to show while it runs."""
    runs = _runs()
    context = {"runs": runs, "is_at_work": any(run.finished_at is None for run in runs)}
    return render(request, "articles/names.html#runs", context)


@may(aliases.APPROVES)
@require_POST
def accept(request: HttpRequest, pk: int) -> HttpResponse:
    """Make the alias, and have the stored news matched anew."""
    proposal = get_object_or_404(AliasProposal, pk=pk)
    try:
        aliases.accept(proposal, by=person(request))
    except AliasError as error:
        return _queue(request, pk, str(error))
    tasks.rematch_now()
    messages.success(request, _("Approved: %s. Stored news are being matched anew.") % proposal.text)
    return redirect("names")


@may(aliases.APPROVES)
@require_POST
def give_back(request: HttpRequest, pk: int) -> HttpResponse:
    """Return a proposal with a note to who made it."""
    proposal = get_object_or_404(AliasProposal, pk=pk)
    try:
        aliases.give_back(proposal, by=person(request), note=request.POST.get("note", ""))
    except AliasError as error:
        return _queue(request, pk, str(error))
    messages.success(request, _("Returned with your note."))
    return redirect("names")
