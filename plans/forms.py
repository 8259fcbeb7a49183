"""Forms of the pages: what a side holds and why, and why something no longer stands."""

from collections import defaultdict
from typing import Any

from django import forms
from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.utils import timezone
from django.utils.text import Truncator
from django.utils.translation import gettext_lazy as _

from plans.models import Commitment, DatePrecision, Evidence, Level, Milestone, Pillar, Plan, Side, User
from plans.progress import ProgressError
from plans.reader import in_words
from plans.templatetags.mithaq import due_words, name_of_language, words_for_date

LANGUAGES = ("ar", "en", "az", "ru", "tr", "fa", "de", "fr", "uk")


def names_of_sides(plan: Plan) -> list[tuple[str, Any]]:
    return [(Side.A.value, in_words(plan.side_a, "short")), (Side.B.value, in_words(plan.side_b, "short"))]


def sides_a_person_speaks_for(user: User, commitment: Commitment) -> list[tuple[str, Any]]:
    """The sides a person may record for: a focal point their own side alone, others both sides and the assessor."""
    plan = commitment.plan
    sides = names_of_sides(plan)
    if user.party_id is not None:
        return [side for side in sides if plan.side(side[0]).pk == user.party_id]
    return [*sides, ("assessor", _("The assessor"))]


class AssessmentForm(forms.Form):
    """A level of the scale that a side or the assessor holds, and the evidence it rests on."""

    side = forms.ChoiceField(label=_("Who holds this"), widget=forms.RadioSelect)
    level = forms.ChoiceField(label=_("Level"), choices=Level.choices, widget=forms.RadioSelect)
    on = forms.DateField(
        label=_("As of"),
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        error_messages={"invalid": _("Give a day, such as 2025-12-08.")},
    )
    ground = forms.ModelChoiceField(
        label=_("Because of"),
        queryset=Evidence.objects.none(),
        widget=forms.RadioSelect,
        empty_label=None,
        error_messages={
            "required": _("Choose the evidence it rests on: there is no status without evidence."),
            "invalid_choice": _("This evidence has been withdrawn or speaks of another plan. Choose another."),
        },
    )
    further = forms.ModelMultipleChoiceField(
        label=_("Further evidence"),
        queryset=Evidence.objects.none(),
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    note_en = forms.CharField(
        label=_("Note in English"), required=False, widget=forms.Textarea(attrs={"rows": 2, "dir": "ltr", "lang": "en"})
    )
    note_ar = forms.CharField(
        label=_("Note in Arabic"), required=False, widget=forms.Textarea(attrs={"rows": 2, "dir": "rtl", "lang": "ar"})
    )

    def __init__(self, *args: Any, commitment: Commitment, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        sides = sides_a_person_speaks_for(user, commitment)
        self.fields["side"].choices = sides  # type: ignore[attr-defined]
        if len(sides) == 1:
            self.fields["side"].initial = sides[0][0]
        self.fields["on"].initial = timezone.localdate
        grounds = Evidence.objects.may_ground(commitment)
        self.fields["ground"].queryset = grounds  # type: ignore[attr-defined]
        self.fields["further"].queryset = grounds  # type: ignore[attr-defined]
        self.evidence = list(grounds)

    def clean_on(self) -> Any:
        on = self.cleaned_data["on"]
        if on > timezone.localdate():
            raise forms.ValidationError(_("This day is still to come."))
        return on

    def clean_side(self) -> str:
        side: str = self.cleaned_data["side"]
        return "" if side == "assessor" else side

    def choices_of_evidence(self) -> list[dict[str, Any]]:
        """Each piece of evidence with whether it is chosen as the ground or as further evidence, for the template."""
        ground = str(self["ground"].value() or "")
        further = {str(pk) for pk in self["further"].value() or []}
        return [
            {"evidence": piece, "is_ground": str(piece.pk) == ground, "is_further": str(piece.pk) in further}
            for piece in self.evidence
        ]

    def own_choices(self) -> list[dict[str, Any]]:
        """The commitment's own evidence."""
        return [one for one in self.choices_of_evidence() if one["evidence"].commitment_id]

    def plan_choices(self) -> list[dict[str, Any]]:
        """Evidence of the whole plan: folded while the commitment has its own."""
        return [one for one in self.choices_of_evidence() if not one["evidence"].commitment_id]

    def opens_plan_choices(self) -> bool:
        return not self.own_choices() or any(one["is_ground"] for one in self.plan_choices())


class WithdrawalForm(forms.Form):
    reason = forms.CharField(
        label=_("Why it no longer stands"),
        widget=forms.Textarea(attrs={"rows": 3, "dir": "auto"}),
        error_messages={"required": _("Say why it is withdrawn. Everyone can read the reason.")},
    )


# ------------------------------------------------------------------ moved dates, checks, wordings, reports


def refuse(form: forms.BaseForm, error: ProgressError | ValidationError) -> None:
    """Say beside its field, or above all of them, what an operation refused."""
    if isinstance(error, ProgressError):
        form.add_error(error.field if error.field in form.fields else None, str(error))
        return
    found = error.message_dict if hasattr(error, "error_dict") else {NON_FIELD_ERRORS: error.messages}
    for field, words in found.items():
        for said in words:
            form.add_error(field if field in form.fields else None, said)


def text_area(rows: int, language: str = "") -> forms.Textarea:
    directions = {"ar": "rtl", "en": "ltr"}
    attrs: dict[str, Any] = {"rows": rows, "dir": directions.get(language, "auto")}
    return forms.Textarea(attrs={**attrs, "lang": language} if language else attrs)


class DayField(forms.DateField):
    """A day the browser asks for; `may_come` says whether it may lie ahead."""

    def __init__(self, *, may_come: bool = False, **kwargs: Any) -> None:
        super().__init__(
            widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
            error_messages={"invalid": _("Give a day, such as 2025-12-08.")},
            **kwargs,
        )
        self.may_come = may_come

    def clean(self, value: Any) -> Any:
        day = super().clean(value)
        if day and not self.may_come and day > timezone.localdate():
            raise ValidationError(_("This day is still to come."))
        return day


class EvidenceField(forms.ModelChoiceField):  # type: ignore[type-arg]  # subscripted it is no class at run time
    """A piece of evidence of the commitment or its plan, named by its day, publisher and first words."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(
            queryset=Evidence.objects.none(),
            required=False,
            empty_label=_("None"),
            error_messages={
                "invalid_choice": _("This evidence has been withdrawn or speaks of another plan. Choose another.")
            },
            **kwargs,
        )

    def label_from_instance(self, obj: Any) -> str:
        on = words_for_date(obj.published_on, obj.published_precision)
        words = Truncator(obj.quote or in_words(obj, "summary")).chars(80)
        return f"{on} · {obj.publisher} · {words}"


class MoveDateForm(forms.Form):
    """A date of the commitment or of a milestone that moves in the open."""

    what = forms.ChoiceField(label=_("Which date"))
    to = DayField(label=_("New date"), required=False, may_come=True)
    precision = forms.ChoiceField(
        label=_("How exact the new date is"),
        choices=DatePrecision.choices,
        initial=DatePrecision.DAY,
        help_text=_("«2027» is late only after December; for the end of the plan no date is needed."),
    )
    no_new_date = forms.BooleanField(label=_("No new date was set"), required=False)
    decided_on = DayField(label=_("Decided on"), initial=timezone.localdate)
    reason_ar = forms.CharField(label=_("Reason in Arabic"), required=False, widget=text_area(2, "ar"))
    reason_en = forms.CharField(label=_("Reason in English"), required=False, widget=text_area(2, "en"))
    evidence = EvidenceField(label=_("Evidence of the move"))
    asked_by = forms.ChoiceField(label=_("Who asked for it"), required=False)
    agreed_by = forms.ChoiceField(label=_("Who agreed"), required=False)

    def __init__(self, *args: Any, commitment: Commitment, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.commitment = commitment
        self.steps = {str(step.pk): step for step in commitment.milestones.all()}
        dates = [("commitment", _named(_("The commitment"), commitment))]
        dates += [(pk, _named(in_words(step, "title"), step)) for pk, step in self.steps.items()]
        sides = [("", _("Not recorded")), *names_of_sides(commitment.plan)]
        self.fields["what"].choices = dates  # type: ignore[attr-defined]
        self.fields["evidence"].queryset = Evidence.objects.may_ground(commitment)  # type: ignore[attr-defined]
        for name in ("asked_by", "agreed_by"):
            self.fields[name].choices = sides  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        said = self.cleaned_data
        ends_with_plan = said.get("precision") == DatePrecision.PLAN_END
        if "to" in said:
            if said["no_new_date"] and (said["to"] or ends_with_plan):
                self.add_error("to", _("Give a new date or say that none was set, not both."))
            elif not said["no_new_date"] and not said["to"] and not ends_with_plan:
                self.add_error("to", _("Give the new date, or say that none was set."))
        if not (said.get("reason_ar") or said.get("reason_en")):
            self.add_error("reason_ar", _("Say why the date moves."))
        return said

    def thing(self) -> Commitment | Milestone:
        """What carries the date that moves."""
        return self.steps.get(self.cleaned_data["what"], self.commitment)

    def arguments(self) -> dict[str, Any]:
        """What `progress.move_date` takes beside the thing and the person."""
        names = ("to", "precision", "decided_on", "reason_ar", "reason_en", "evidence", "asked_by", "agreed_by")
        said = {name: self.cleaned_data[name] for name in names}
        if said["to"] is None and said["precision"] != DatePrecision.PLAN_END:
            said["precision"] = DatePrecision.DAY.value
        return said


def _named(name: Any, thing: Commitment | Milestone) -> str:
    return f"{name}: {due_words(thing) or _('no date')}"


class CheckForm(forms.Form):
    """That somebody looked and found nothing new."""

    on = DayField(label=_("Looked on"), initial=timezone.localdate)
    sources = forms.CharField(
        label=_("Sources searched"),
        widget=text_area(3),
        help_text=_("Names or addresses, so that another can look again."),
        error_messages={"required": _("Name the sources in which you looked.")},
    )
    languages = forms.MultipleChoiceField(
        label=_("Languages searched"),
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": _("Say in which languages you looked.")},
    )
    note = forms.CharField(label=_("Note"), required=False, widget=text_area(2))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["languages"].choices = [(code, name_of_language(code)) for code in LANGUAGES]  # type: ignore[attr-defined]


class AmendForm(forms.Form):
    """The wording as now agreed."""

    title_ar = forms.CharField(
        label=_("Title in Arabic"),
        max_length=300,
        required=False,
        widget=forms.TextInput(attrs={"dir": "rtl", "lang": "ar"}),
    )
    title_en = forms.CharField(
        label=_("Title in English"),
        max_length=300,
        required=False,
        widget=forms.TextInput(attrs={"dir": "ltr", "lang": "en"}),
    )
    text_ar = forms.CharField(label=_("Text as agreed, in Arabic"), required=False, widget=text_area(5, "ar"))
    text_en = forms.CharField(label=_("Text as agreed, in English"), required=False, widget=text_area(5, "en"))
    agreed_on = DayField(label=_("Agreed on"))
    evidence = EvidenceField(label=_("Evidence of the amendment"))
    note_ar = forms.CharField(label=_("Note in Arabic"), required=False, widget=text_area(2, "ar"))
    note_en = forms.CharField(label=_("Note in English"), required=False, widget=text_area(2, "en"))

    def __init__(self, *args: Any, commitment: Commitment, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["evidence"].queryset = Evidence.objects.may_ground(commitment)  # type: ignore[attr-defined]
        for name in ("title_ar", "title_en", "text_ar", "text_en"):
            self.fields[name].initial = getattr(commitment, name)


class CarryOverForm(forms.Form):
    """The pillar of a later plan that takes the commitment, and its code there."""

    pillar = forms.ModelChoiceField(label=_("Pillar of the later plan"), queryset=Pillar.objects.none())
    code = forms.CharField(
        label=_("Code"),
        max_length=20,
        widget=forms.TextInput(attrs={"dir": "ltr", "class": "short"}),
        help_text=_("Within the later plan: «ENE-3»."),
    )

    def __init__(self, *args: Any, commitment: Commitment, plans: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        pillars = Pillar.objects.filter(plan__in=plans).select_related("plan").order_by("plan", "position", "code")
        by_plan: dict[str, list[tuple[int, str]]] = defaultdict(list)
        for pillar in pillars:
            by_plan[in_words(pillar.plan, "title")].append((pillar.pk, str(pillar)))
        self.has_choices = bool(by_plan)
        self.fields["pillar"].queryset = pillars  # type: ignore[attr-defined]
        self.fields["pillar"].choices = [("", "---------"), *by_plan.items()]  # type: ignore[attr-defined]
        self.fields["code"].initial = commitment.code


class ReportForm(forms.Form):
    """What a side says of its own part, in its own words."""

    side = forms.ChoiceField(
        widget=forms.HiddenInput,
        error_messages={"invalid_choice": _("You report for your own side alone.")},
    )
    text = forms.CharField(
        label=_("What there is to report"),
        max_length=5000,
        widget=text_area(6),
        help_text=_("In your words. It is quoted as your side’s report of that day, and cannot be changed afterwards."),
        error_messages={"required": _("Say what there is to report.")},
    )
    language = forms.ChoiceField(label=_("Language of the report"))
    on = DayField(label=_("Date of the report"), initial=timezone.localdate)
    level = forms.ChoiceField(
        label=_("Level"),
        choices=Level.choices,
        widget=forms.RadioSelect,
        error_messages={"required": _("Choose the level your side reports.")},
    )

    def __init__(self, *args: Any, plan: Plan, side: str, language: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["side"].choices = [one for one in names_of_sides(plan) if one[0] == side]  # type: ignore[attr-defined]
        self.fields["side"].initial = side
        self.fields["language"].choices = [(code, name_of_language(code)) for code in LANGUAGES]  # type: ignore[attr-defined]
        self.fields["language"].initial = language
