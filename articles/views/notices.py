"""Pages of working together: notices and wishes about them, followed plans, comments, and the log of corrections."""

from datetime import datetime, time
from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.contrib.syndication.views import Feed
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from articles import notices as telling
from articles.models import Annotation, Comment, Correction, Follow, Notice, Wish
from articles.views import may, whole_number
from plans.exchange.news import Atom, printable
from plans.models import Plan, User
from plans.progress import ProgressError
from plans.reader import in_words, reader_language
from plans.views import person

ON_A_PAGE = 40


# ------------------------------------------------------------------ notices


@login_required
@require_safe
def notices(request: HttpRequest) -> HttpResponse:
    """What a person was told, newest first."""
    page = Paginator(telling.of(person(request)), ON_A_PAGE).get_page(request.GET.get("page"))
    lines = [(one, telling.words_of(one), telling.address_of(one)) for one in page.object_list]
    return render(request, "articles/notices.html", {"page": page, "lines": lines})


@login_required
@require_POST
def mark_read(request: HttpRequest) -> HttpResponse:
    """Mark one notice as read, or all."""
    pk = request.POST.get("notice", "")
    number = int(pk) if pk.isascii() and pk.isdigit() and len(pk) < 19 else None
    if not pk or number is not None:
        telling.mark_read(person(request), timezone.now(), number)
    return redirect("notices")


class WishForm(forms.ModelForm):  # type: ignore[type-arg]  # not subscriptable at run time
    """What to be told, and how often by e-mail."""

    wanted = forms.MultipleChoiceField(
        label=gettext_lazy("Tell me about"),
        choices=Notice.Kind.choices,
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    plans = forms.ModelMultipleChoiceField(
        label=gettext_lazy("Plans I follow"),
        queryset=Plan.objects.none(),
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )

    class Meta:
        model = Wish
        fields = ("digest", "language")

    def __init__(self, *args: Any, plans: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["plans"].queryset = plans  # type: ignore[attr-defined]


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def preferences(request: HttpRequest) -> HttpResponse:
    """What a person is told, which plans they follow, and how often an e-mail comes."""
    user = person(request)
    wish = Wish.objects.filter(person=user).first() or Wish(person=user, language=reader_language())
    plans = Plan.objects.visible_to(user).with_sides()
    followed = set(Follow.objects.filter(person=user).values_list("plan", flat=True))
    wanted = [kind for kind in Notice.Kind.values if kind not in wish.unwanted]
    form = WishForm(
        request.POST or None, instance=wish, plans=plans, initial={"wanted": wanted, "plans": list(followed)}
    )
    if request.method == "POST" and form.is_valid():
        wish.unwanted = [kind for kind in Notice.Kind.values if kind not in form.cleaned_data["wanted"]]
        form.save()
        chosen = {plan.pk: plan for plan in form.cleaned_data["plans"]}
        for pk in followed - chosen.keys():
            telling.unfollow(Plan(pk=pk), user)
        for pk in chosen.keys() - followed:
            telling.follow(chosen[pk], user)
        messages.success(request, _("Saved."))
        return redirect("preferences")
    return render(request, "articles/preferences.html", {"form": form}, status=422 if form.errors else 200)


@login_required
@require_POST
def follow(request: HttpRequest, slug: str) -> HttpResponse:
    """Follow a plan, or no longer; then back to it."""
    plan = get_object_or_404(Plan.objects.visible_to(request.user), slug=slug)
    if "stop" in request.POST or "stop" in request.GET:
        telling.unfollow(plan, person(request))
        messages.success(request, _("You no longer follow this plan."), extra_tags=f"undo:{request.path}")
    else:
        telling.follow(plan, person(request))
        undo = f"undo:{request.path}?stop=1"
        messages.success(request, _("You follow this plan: what happens to it is among your notices."), extra_tags=undo)
    return redirect(plan)


# ------------------------------------------------------------------ comments


@may("articles.view_annotation")
@require_http_methods(["GET", "HEAD", "POST"])
def comments(request: HttpRequest, pk: int) -> HttpResponse:
    """What people here said about a quote, oldest first, and a form to say more."""
    quotes = Annotation.objects.select_related("revision", "plan", "evidence", "assigned_to")
    quote = get_object_or_404(quotes, pk=pk)
    problem, text, status = "", "", 200
    if request.method == "POST":
        if not request.user.has_perm("articles.add_comment"):
            return render(request, "403.html", {"reason": ""}, status=403)
        text = request.POST.get("text", "")
        try:
            said = telling.comment(quote, text, person(request))
        except ProgressError as error:
            problem, status = str(error), 422
        else:
            return redirect(f"{reverse('comments', args=[pk])}#c{said.pk}")
    found = quote.comments.filter(removed_at=None).select_related("by")
    context = {"quote": quote, "comments": found, "problem": problem, "text": text}
    if request.user.has_perm("articles.add_comment"):
        context["colleagues"] = telling.colleagues()
    return render(request, "articles/comments.html", context, status=status)


@may("articles.add_comment")
@require_POST
def assign_quote(request: HttpRequest, pk: int) -> HttpResponse:
    """Give a quote to a colleague to look at, or to nobody any more: then it is done."""
    quote = get_object_or_404(Annotation, pk=pk)
    asked = request.GET.get("colleague") or request.POST.get("colleague", "")
    try:
        to = None
        if asked not in ("", "-"):
            to = User.objects.filter(pk=whole_number(asked), is_active=True).first()
            if to is None:
                raise ProgressError(_("Choose a colleague."), "colleague")
        was = telling.assign_quote(quote, to, person(request))
    except ProgressError as error:
        messages.error(request, str(error))
    else:
        undo = f"{reverse('quote_assign', args=[pk])}?colleague={was or '-'}"
        said = _("Assigned to %s, who is told.") % to.shown_name if to else _("Assigned to nobody any more.")
        messages.success(request, said, extra_tags=f"undo:{undo}")
    return redirect("comments", pk=pk)


@may("articles.add_comment")
@require_POST
def remove_comment(request: HttpRequest, pk: int) -> HttpResponse:
    said = get_object_or_404(Comment, pk=pk)
    try:
        telling.remove_comment(said, person(request))
    except ProgressError as error:
        messages.error(request, str(error))
    return redirect("comments", pk=said.annotation_id)


# ------------------------------------------------------------------ corrections


@require_safe
def corrections(request: HttpRequest) -> HttpResponse:
    """The public log: what this site said wrongly, what holds now, and the evidence, newest first."""
    found = Correction.objects.select_related("evidence__plan__side_a", "evidence__plan__side_b")
    page = Paginator(found, ON_A_PAGE).get_page(request.GET.get("page"))
    return render(request, "articles/corrections.html", {"page": page})


class CorrectionForm(forms.ModelForm):  # type: ignore[type-arg]  # not subscriptable at run time
    """A line of the log. The evidence is named by its number or its address."""

    class Meta:
        model = Correction
        fields = ("on", "wrong_ar", "holds_ar", "wrong_en", "holds_en", "evidence")
        widgets = {
            "on": forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
            "evidence": forms.NumberInput(attrs={"min": 1, "dir": "ltr"}),
            **{
                name: forms.Textarea(attrs={"rows": 3, "dir": "auto"})
                for name in ("wrong_ar", "holds_ar", "wrong_en", "holds_en")
            },
        }
        help_texts = {"evidence": gettext_lazy("The number in the address of the evidence’s page.")}

    def clean_on(self) -> Any:
        on = self.cleaned_data["on"]
        if on > timezone.localdate():
            raise forms.ValidationError(_("This day is still to come."))
        return on


@may("articles.add_correction")
@require_http_methods(["GET", "HEAD", "POST"])
def add_correction(request: HttpRequest) -> HttpResponse:
    """Add a line to the public log."""
    form = CorrectionForm(request.POST or None, instance=Correction(recorded_by=person(request)))
    if request.method == "POST" and form.is_valid():
        said = form.save()
        messages.success(request, _("Recorded in the public log."))
        return redirect(f"{reverse('corrections')}#k{said.pk}")
    return render(request, "articles/correction_add.html", {"form": form}, status=422 if form.errors else 200)


class CorrectionFeed(Feed[Correction, None]):
    """The log as an Atom feed, in the language of its address."""

    feed_type = Atom
    author_name = "Mithaq"

    def title(self) -> str:
        return _("Corrections")

    def subtitle(self) -> str:
        return _("What this site said wrongly, what holds now, and the evidence.")

    def link(self) -> str:
        return reverse("corrections")

    def feed_guid(self) -> str:
        return f"tag:mithaq,2026:corrections/{get_language()}"

    def items(self) -> Any:
        return Correction.objects.all()[:50]

    def item_title(self, item: Correction) -> str:
        return printable(in_words(item, "wrong")[:120])

    def item_description(self, item: Correction) -> str:
        words = {"wrong": in_words(item, "wrong"), "holds": in_words(item, "holds")}
        return printable(_("Wrong: %(wrong)s Holds now: %(holds)s") % words)

    def item_link(self, item: Correction) -> str:
        return f"{reverse('corrections')}#k{item.pk}"

    def item_guid(self, item: Correction) -> str:
        return f"tag:mithaq,2026:correction/{item.pk}"

    def item_pubdate(self, item: Correction) -> datetime:
        return timezone.make_aware(datetime.combine(item.on, time(12)))

    def item_updateddate(self, item: Correction) -> datetime:
        return item.recorded_at
