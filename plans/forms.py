"""Forms of the pages: what a side holds and why, and why something no longer stands."""

from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from plans.models import Commitment, Evidence, Level, Side, User


def sides_a_person_speaks_for(user: User, commitment: Commitment) -> list[tuple[str, Any]]:
    """The sides a person may record for: a focal point their own side alone, others both sides and the assessor."""
    name = "short_ar" if (get_language() or "").startswith("ar") else "short_en"
    plan = commitment.plan
    sides: list[tuple[str, Any]] = [
        (Side.A.value, getattr(plan.side_a, name)),
        (Side.B.value, getattr(plan.side_b, name)),
    ]
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
