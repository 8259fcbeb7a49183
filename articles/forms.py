"""Forms of the news pages: what a quote says, and where news comes from."""

import re
from collections.abc import Iterable
from typing import Any, Final

from django import forms
from django.db.models import QuerySet
from django.forms.utils import ErrorDict, flatatt
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext_lazy as _

from articles.models import Annotation, Article, Revision, Source, Suggestion
from articles.review import BadQuote, Quote, cut_quote, published_on, sides_open_to
from articles.targets import Target, areas_of, beginnings
from plans.compiled import compiled
from plans.models import Assessment, Disagreement, Evidence, Level, Party, Plan, Pulse, Side, User
from plans.reader import reader_language
from plans.templatetags.mithaq import plain
from plans.views import fragment_key

QUICK = 6  # commitments offered before all others
RECENT_LOOK = 40  # the person's last quotes for the plan looked at for them
LIKELY_LOOK = 6000  # characters of the text compared with the commitments' titles
LIKELY_AMONG = 400  # commitments compared
SELECTED = mark_safe(" selected")  # no words of anybody's
SENTENCE = re.compile(r"(\d{1,9})-(\d{1,9})")

# the kinds a reviewer meets most come first
KINDS = [
    (kind.value, kind.label)
    for kind in (
        Evidence.Kind.PROGRESS,
        Evidence.Kind.DELAY,
        Evidence.Kind.ANNOUNCEMENT,
        Evidence.Kind.STATEMENT,
        Evidence.Kind.DISPUTE,
        Evidence.Kind.CORRECTION,
        Evidence.Kind.CONTEXT,
    )
]
LEVELS = [
    ("", _("No change")),
    *((level.value, level.label) for level in (Level.NOT_STARTED, Level.LIMITED, Level.SUBSTANTIAL, Level.COMPLETED)),
]
ASSESSOR = "assessor"  # an empty value would be no choice at all
PRESS_LANGUAGES = [
    ("", _("found out from each text")),
    ("ar", _("Arabic")),
    ("en", _("English")),
    ("az", _("Azerbaijani")),
    ("ru", _("Russian")),
    ("tr", _("Turkish")),
    ("fa", _("Persian")),
    ("de", _("German")),
]


class _Drawn(forms.Widget):
    """A control drawn without templates of its own: on a page with many, those templates take much of the time."""

    def render(self, name: str, value: Any, attrs: Any = None, renderer: Any = None) -> SafeString:
        widget = self.get_context(name, value, attrs)["widget"]
        if "optgroups" in widget:
            options = [option for _label, group, _place in widget["optgroups"] for option in group]
            rows = ((one["value"], SELECTED if one["selected"] else "", one["label"]) for one in options)
            drawn = format_html_join("", '<option value="{}"{}>{}</option>', rows)
            return format_html("<select{}>{}</select>", flatatt({"name": name, **widget["attrs"]}), drawn)
        attributes = flatatt(widget["attrs"])
        if "type" not in widget:
            return format_html('<textarea name="{}"{}>\n{}</textarea>', name, attributes, widget["value"] or "")
        value = "" if widget["value"] is None else format_html(' value="{}"', widget["value"])
        return format_html('<input type="{}" name="{}"{}{}>', widget["type"], name, value, attributes)


class Hidden(_Drawn, forms.HiddenInput): ...


class Line(_Drawn, forms.TextInput): ...


class Day(_Drawn, forms.DateInput): ...


class Area(_Drawn, forms.Textarea): ...


class Pick(_Drawn, forms.Select): ...


@compiled
def _quoted_last(plan: int, person: int) -> QuerySet[Annotation, int | None]:
    used = Annotation.objects.filter(plan=plan, created_by=person, undone_at=None, commitment__isnull=False)
    return used.order_by("-pk").values_list("commitment", flat=True)[:RECENT_LOOK]


class EvidenceForm(forms.Form):
    """A quote of an article, what it speaks of, and what a side holds because of it.

    The quote comes as offsets of a selection, or as the sentences ticked: then it runs from the first to the last.
    """

    start = forms.IntegerField(required=False, widget=Hidden)
    end = forms.IntegerField(required=False, widget=Hidden)
    kind = forms.ChoiceField(label=_("Kind"), choices=KINDS, widget=forms.RadioSelect)
    target = forms.ChoiceField(label=_("Speaks of"))
    speaker = forms.ChoiceField(label=_("Who is speaking"), widget=forms.RadioSelect)
    side = forms.ChoiceField(label=_("Whose view changes"), widget=forms.RadioSelect, required=False)
    level = forms.ChoiceField(label=_("It is now"), choices=LEVELS, widget=forms.RadioSelect, required=False)
    on = forms.DateField(
        label=_("As of"),
        required=False,
        widget=Day(attrs={"type": "date", "dir": "ltr"}, format="%Y-%m-%d"),
    )
    assess_note = forms.CharField(
        label=_("Why this level"),
        required=False,
        max_length=4000,
        widget=Area(attrs={"rows": 2, "dir": "auto"}),
    )
    contradicts = forms.CharField(label=_("Contradicts"), required=False, max_length=20)
    about = forms.ChoiceField(
        label=_("About"),
        choices=Disagreement.About.choices,
        required=False,
        initial=Disagreement.About.DATE,
        widget=Pick,
    )
    held = forms.CharField(
        label=_("What the record says"), required=False, max_length=500, widget=Line(attrs={"dir": "auto"})
    )
    preferred = forms.ChoiceField(
        label=_("Preferred"), choices=Disagreement.Preferred.choices, required=False, widget=forms.RadioSelect
    )
    reason = forms.CharField(
        label=_("Reason"), required=False, max_length=4000, widget=Area(attrs={"rows": 2, "dir": "auto"})
    )
    gloss_en = forms.CharField(
        label=_("In English"),
        required=False,
        max_length=4000,
        widget=Area(attrs={"rows": 2, "dir": "ltr", "lang": "en"}),
    )
    gloss_ar = forms.CharField(
        label=_("In Arabic"),
        required=False,
        max_length=4000,
        widget=Area(attrs={"rows": 2, "dir": "rtl", "lang": "ar"}),
    )
    note = forms.CharField(
        label=_("Note"), required=False, max_length=4000, widget=Area(attrs={"rows": 2, "dir": "auto"})
    )

    def __init__(
        self,
        *args: Any,
        article: Article,
        revision: Revision,
        plan: Plan,
        user: User,
        editing: Annotation | None = None,
        suggestions: Iterable[Suggestion] | None = None,
        pulse: tuple[Any, ...] | None = None,
        **kwargs: Any,
    ) -> None:
        kwargs.setdefault("auto_id", "a-%s")
        super().__init__(*args, **kwargs)
        self.revision, self.plan = revision, plan
        self.quote: Quote | None = None
        self.editing = editing  # the quote that is recorded otherwise
        self.areas = areas_of(plan.pk, pulse or Pulse.objects.now())
        self.commitments = {one.pk: one for area in self.areas for one in area.commitments}
        if suggestions is None:
            suggestions = article.suggestions.all()
        self.quick = self._quick_targets(user, suggestions)
        self._choose("target", self._targets())
        sides = {Side.A.value: plain(plan.side_a, "short"), Side.B.value: plain(plan.side_b, "short")}
        self._choose("speaker", [*sides.items(), ("both", _("Both")), ("third", _("A third party"))])
        named = {**sides, "": _("The assessor")}
        open_sides = sides_open_to(user, plan)
        self._choose("side", [(side or ASSESSOR, named[side]) for side in open_sides])
        if not open_sides:
            for name in ("side", "level", "on", "assess_note"):
                del self.fields[name]
        for language in ("en", "ar"):
            if article.language[:2] == language:
                del self.fields[f"gloss_{language}"]  # the quote itself is in this language
        speaker = self._who_speaks(article)
        self.initial = {
            "kind": Evidence.Kind.PROGRESS.value,
            "target": "plan",
            "speaker": speaker,
            "side": next(
                (side or ASSESSOR for side in open_sides if side == speaker), (open_sides or [""])[-1] or ASSESSOR
            ),
            "level": "",
            "on": published_on(article),
            **self.initial,
        }

    @property
    def kept_for(self) -> int:
        """How many seconds what is drawn of the form may be kept: a form filled in not at all."""
        return 0 if self.is_bound else 24 * 3600

    @property
    def key(self) -> str:
        """What the drawn fields are known by that name no side: what they hold, and which there are."""
        named = ("target", "on", "speaker", "side", "contradicts")
        held = {name: value for name, value in self.initial.items() if name not in named}
        return fragment_key(self.is_bound, list(self.fields), held)

    @property
    def sides_key(self) -> str:
        """What the drawn choice of who speaks, and whose view changes, is known by."""
        offered = [value for value, _label in self.fields["side"].choices] if "side" in self.fields else []  # type: ignore[attr-defined]
        sides = [plain(side, "short") for side in (self.plan.side_a, self.plan.side_b)]
        held = [self.initial.get(name) for name in ("speaker", "side", "level")]
        return fragment_key(self.is_bound, sides, offered, held)

    def _choose(self, name: str, choices: list[Any]) -> None:
        self.fields[name].choices = choices  # type: ignore[attr-defined]

    def _quick_targets(self, user: User, suggestions: Iterable[Suggestion]) -> list[Target]:
        """What the quote may speak of: what the person quoted for last, then what shares words with the text."""
        recent = dict.fromkeys(_quoted_last(self.plan.pk, user.pk))
        found = [self.commitments[pk] for pk in recent if pk in self.commitments][:QUICK]
        words = beginnings(self.revision.text[:LIKELY_LOOK]) if len(found) < QUICK else frozenset()
        spoken_of = [one for one in suggestions if one.state != Suggestion.State.DISMISSED]
        sectors = {one.sector_id for one in spoken_of if one.sector_id is not None}
        rated = [
            (len(words & one.words) + 2 * (one.sector in sectors), one)
            for one in list(self.commitments.values())[:LIKELY_AMONG]
            if one not in found
        ]
        likely = sorted((pair for pair in rated if pair[0] > 1), key=lambda pair: -pair[0])
        return found + [one for _shared, one in likely[: QUICK - len(found)]]

    @property
    def target_options(self) -> SafeString:
        """The options of the target: hundreds, so that a template would take longer over them than over the page."""
        chosen = str(self["target"].value() or "")

        def options(choices: Iterable[tuple[str, Any]]) -> SafeString:
            return format_html_join(
                "", '<option value="{}"{}>{}</option>', ((k, SELECTED if k == chosen else "", v) for k, v in choices)
            )

        whole, *groups = self.fields["target"].choices  # type: ignore[attr-defined]
        return options([whole]) + format_html_join(
            "", '<optgroup label="{}">{}</optgroup>', ((label, options(choices)) for label, choices in groups)
        )

    @property
    def wanted_target(self) -> int | None:
        """The key of the commitment chosen in the form, judged or not: beside it the page shows where it stands."""
        value = str(self["target"].value() or "")
        number = value[1:] if value[:1] == "c" and value[1:].isascii() and value[1:].isdigit() else "0"
        return int(number[:18]) if int(number[:18]) in self.commitments else None

    @property
    def contradicted_pk(self) -> int:
        """The piece of evidence chosen as contradicted, 0 where it is none."""
        value = str(self["contradicts"].value() or "")
        return int(value[1:19]) if value[:1] == "e" and value[1:].isascii() and value[1:].isdigit() else 0

    def look(self) -> None:
        """Show what was entered without judging it."""
        self._errors = ErrorDict()

    @property
    def further_pks(self) -> list[int]:
        """Further evidence ticked for the assessment."""
        asked = self.data.getlist("further") if hasattr(self.data, "getlist") else []
        return [int(pk) for pk in asked if pk.isascii() and pk.isdigit() and len(pk) < 19][:50]

    def _targets(self) -> list[Any]:
        targets: list[Any] = [("plan", _("The whole plan"))]
        if self.quick:
            targets.append((_("Recent and likely"), [(f"c{one.pk}", one.name) for one in self.quick]))
        for area in self.areas:
            whole = (f"p{area.pk}", _("The whole pillar: %s") % area.title)
            targets.append((area.title, [whole, *((f"c{one.pk}", one.name) for one in area.commitments)]))
        return targets

    def _who_speaks(self, article: Article) -> str:
        party = article.source.party_id
        sides = {self.plan.side_a_id: Side.A.value, self.plan.side_b_id: Side.B.value}
        return sides.get(party, "third") if party else "third"

    @property
    def has_gloss(self) -> bool:
        """Whether a translation was entered, or refused: then the page shows its fields."""
        return any(self[name].value() or self[name].errors for name in ("gloss_en", "gloss_ar") if name in self.fields)

    @property
    def sentences(self) -> set[str]:
        """The sentences ticked, as the page sent them."""
        return set(self.data.getlist("sentence")) if hasattr(self.data, "getlist") else set()

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        start, end = data.get("start"), data.get("end")
        if start is None or end is None:
            spans = [(int(m[1]), int(m[2])) for m in map(SENTENCE.fullmatch, self.sentences) if m]
            start, end = (min(s for s, _e in spans), max(e for _s, e in spans)) if spans else (0, 0)
        try:
            self.quote = cut_quote(self.revision.text, start, end)
        except BadQuote as error:
            raise forms.ValidationError(error.args[0]) from error
        target = data.get("target", "plan")
        data["pillar"] = data["commitment"] = None
        if target[0] == "c":
            data["commitment"] = self.plan.commitments.filter(pk=target[1:]).first()
        elif target != "plan":
            data["pillar"] = self.plan.pillars.filter(pk=target[1:]).first()
        if target != "plan" and data["commitment"] is data["pillar"] is None:
            gone = self.fields["target"].error_messages["invalid_choice"]
            self.add_error("target", forms.ValidationError(gone, "invalid_choice", {"value": target}))
        if data.get("level") and data["commitment"] is None:
            self.add_error("target", _("Only a commitment has a level: choose which one the quote speaks of."))
        if data.get("level") and not data.get("side"):
            self.add_error("side", _("Say whose view changes."))
        data["side"] = "" if data.get("side") == ASSESSOR else data.get("side", "")
        if data.get("on") and data["on"] > timezone.localdate():
            self.add_error("on", _("This day is still to come."))
        self._clean_disagreement(data)
        return data

    def _clean_disagreement(self, data: dict[str, Any]) -> None:
        data["earlier"] = data["assessment"] = None
        asked = data.get("contradicts") or ""
        kind, number = asked[:1], asked[1:]
        if not asked:
            data["held"] = ""
        elif kind == "r":
            if not data.get("held"):
                self.add_error("held", _("Say what the record says that the quote contradicts."))
        else:
            data["held"] = ""
            pk = int(number) if number.isascii() and number.isdigit() and len(number) < 19 else 0
            if kind == "e":
                data["earlier"] = Evidence.objects.standing().filter(plan=self.plan, pk=pk).first()
            elif kind == "a":
                data["assessment"] = Assessment.objects.standing().filter(plan=self.plan, pk=pk).first()
            if data["earlier"] is None and data["assessment"] is None:
                self.add_error("contradicts", _("What it contradicts no longer stands. Choose again."))
        if asked and data.get("preferred") and not data.get("reason"):
            self.add_error("reason", _("Say why this one is preferred."))

    def fields_of_evidence(self) -> dict[str, Any]:
        """What `review.annotate_and_assess` takes, beside the text and the person."""
        assert self.quote is not None
        names = ("kind", "speaker", "pillar", "commitment", "note", "side")
        optional = ("level", "gloss_en", "gloss_ar", "assess_note")
        return {
            "start": self.quote.start,
            "end": self.quote.end,
            "plan": self.plan,
            **{name: self.cleaned_data[name] for name in names},
            **{name: self.cleaned_data.get(name, "") for name in optional},
            "on": self.cleaned_data.get("on"),
            "further": Evidence.objects.standing().filter(plan=self.plan, pk__in=self.further_pks),
            "contradiction": self._contradiction(),
        }

    def _contradiction(self) -> dict[str, Any] | None:
        """What `disagreements.contradict` takes, or None where the quote contradicts nothing."""
        if not self.cleaned_data.get("contradicts"):
            return None
        names = ("earlier", "assessment", "held", "preferred", "reason")
        return {
            "about": self.cleaned_data.get("about") or Disagreement.About.OTHER,
            **{name: self.cleaned_data.get(name) for name in names},
        }


class AddressForm(forms.Form):
    url = forms.URLField(
        label=_("Address"),
        max_length=2000,
        assume_scheme="https",
        widget=forms.URLInput(attrs={"dir": "ltr", "placeholder": "https://"}),
        error_messages={"invalid": _("This is no web address. It begins with https:// or http://.")},
    )

    def clean_url(self) -> str:
        return str(self.cleaned_data["url"]).strip()


MOST_BYTES: Final = 5 * 1024 * 1024


class SmallFile(forms.FileField):
    """A file of five megabytes at most."""

    def clean(self, data: Any, initial: Any = None) -> Any:
        file = super().clean(data, initial)
        if file and file.size > MOST_BYTES:
            raise forms.ValidationError(_("The file is larger than 5 MB."))
        return file


class OutlineForm(forms.Form):
    file = SmallFile(label=_("OPML file"), widget=forms.FileInput(attrs={"accept": ".opml,.xml"}))
    only_look = forms.BooleanField(label=_("Only show what would be added"), required=False)


class DocumentForm(forms.Form):
    file = SmallFile(
        label=_("File"),
        help_text=_("A web page or a plain text, at most 5 MB."),
        widget=forms.FileInput(attrs={"accept": ".html,.htm,.txt"}),
    )
    title = forms.CharField(
        label=_("Title"), required=False, max_length=500, widget=forms.TextInput(attrs={"dir": "auto"})
    )
    published = forms.DateField(
        label=_("Published on"), required=False, widget=forms.DateInput(attrs={"type": "date", "dir": "ltr"})
    )


class SourceForm(forms.ModelForm):  # type: ignore[type-arg]  # not subscriptable at run time
    """What may be changed of a source; its address is tested when it is added and stays."""

    language = forms.ChoiceField(label=_("Language"), choices=PRESS_LANGUAGES, required=False)

    class Meta:
        model = Source
        fields = (
            "name",
            "language",
            "publisher",
            "reliability",
            "party",
            "interval_minutes",
            "adapts",
            "full_text",
            "must_have",
            "must_not_have",
            "selector",
        )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in ("name", "publisher"):
            self.fields[name].widget.attrs["dir"] = "auto"
        self.fields["interval_minutes"].widget.attrs.update({"min": 5, "dir": "ltr", "class": "short"})
        party = self.fields["party"]
        party.queryset = Party.objects.order_by(f"name_{reader_language()}")  # type: ignore[attr-defined]
        party.empty_label = _("no party")  # type: ignore[attr-defined]
        party.label_from_instance = lambda one: plain(one, "name")  # type: ignore[attr-defined]
        known = self.instance.language
        if known and known not in dict(PRESS_LANGUAGES):
            self.fields["language"].choices = [*PRESS_LANGUAGES, (known, known)]  # type: ignore[attr-defined]
