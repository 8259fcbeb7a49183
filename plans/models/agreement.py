"""What was agreed: parties, plans, pillars, commitments and the dates they carry."""

from datetime import date
from typing import Any, ClassVar

from django.contrib.postgres.fields import ArrayField
from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.db import models
from django.db.models import F, Q
from django.urls import NoReverseMatch, resolve, reverse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from plans.querysets import OPEN, UNDATED, UNLED, CommitmentQuerySet, LineageQuerySet, PillarQuerySet, PlanQuerySet
from plans.reader import in_words


class DatePrecision(models.TextChoices):
    """How exactly a date is known; «2025» is late only after December."""

    DAY = "day", _("day")
    MONTH = "month", _("month")
    QUARTER = "quarter", _("quarter")
    YEAR = "year", _("year")
    PLAN_END = "plan_end", _("end of the plan")


class Side(models.TextChoices):
    """One of a plan's two sides; where a field may be empty, empty is the assessor or nobody."""

    A = "a", _("side A")
    B = "b", _("side B")


PRECISION = _("precision")


def precision_field(name: Any = PRECISION) -> "models.CharField[Any, Any]":
    return models.CharField(name, max_length=8, choices=DatePrecision, default=DatePrecision.DAY)


class Party(models.Model):
    """A state, a bloc that speaks as one, or an organisation."""

    class Kind(models.TextChoices):
        STATE = "state", pgettext_lazy("kind of party", "state")
        BLOC = "bloc", _("bloc")
        ORGANISATION = "organisation", _("organisation")

    slug = models.SlugField(_("slug"), unique=True)
    kind = models.CharField(_("kind"), max_length=12, choices=Kind)
    name_en = models.CharField(_("name in English"), max_length=200)
    name_ar = models.CharField(_("name in Arabic"), max_length=200)
    short_en = models.CharField(_("short name in English"), max_length=60, help_text=_("For table heads, «GCC»."))
    short_ar = models.CharField(_("short name in Arabic"), max_length=60)
    iso3 = models.CharField(
        _("ISO 3166-1 alpha-3"),
        max_length=3,
        blank=True,
        validators=[RegexValidator(r"^[A-Z]{3}$", _("Three capital letters."))],
    )
    members: "models.ManyToManyField[Party, Membership]" = models.ManyToManyField(
        "self", through="Membership", symmetrical=False, related_name="blocs", verbose_name=_("members")
    )

    class Meta:
        verbose_name = _("party")
        verbose_name_plural = _("parties")
        ordering = ["name_en"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["iso3"], condition=~Q(iso3=""), name="party_iso3_once"),
        ]

    def __str__(self) -> str:
        return in_words(self, "name")

    def get_absolute_url(self) -> str:
        return reverse("party", args=[self.slug])


class Membership(models.Model):
    """A member of a bloc, with dates: who belonged when a plan was agreed."""

    bloc = models.ForeignKey(Party, models.CASCADE, related_name="memberships", verbose_name=_("bloc"))
    member = models.ForeignKey(Party, models.PROTECT, related_name="belongs_to", verbose_name=_("member"))
    since = models.DateField(_("since"), null=True, blank=True)
    until = models.DateField(_("until"), null=True, blank=True)

    class Meta:
        verbose_name = _("membership")
        verbose_name_plural = _("memberships")
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["bloc", "member", "since"], nulls_distinct=False, name="membership_once"),
            models.CheckConstraint(condition=~Q(bloc=F("member")), name="bloc_is_not_its_own_member"),
            models.CheckConstraint(
                condition=Q(until__isnull=True) | Q(since__isnull=True) | Q(until__gte=F("since")),
                name="membership_in_order",
                violation_error_message=_("The membership ends before it starts."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.bloc} – {self.member}"


class Sector(models.Model):
    """An area of cooperation in the one vocabulary by which pillars of different plans compare."""

    slug = models.SlugField(_("slug"), unique=True)
    name_en = models.CharField(_("name in English"), max_length=120)
    name_ar = models.CharField(_("name in Arabic"), max_length=120)
    position = models.PositiveSmallIntegerField(_("position"), default=0)
    dac_codes = ArrayField(
        models.CharField(max_length=5),
        verbose_name=_("OECD DAC purpose codes"),
        default=list,
        blank=True,
        help_text=_("Separated by commas."),
    )
    sdg_goals = ArrayField(
        models.PositiveSmallIntegerField(),
        verbose_name=_("SDG goals"),
        default=list,
        blank=True,
        help_text=_("Numbers from 1 to 17."),
    )

    class Meta:
        verbose_name = _("sector")
        verbose_name_plural = _("sectors")
        ordering = ["position", "name_en"]

    def __str__(self) -> str:
        return in_words(self, "name")

    def get_absolute_url(self) -> str:
        return reverse("sector", args=[self.slug])


class Plan(models.Model):
    """A cooperation plan, or the instrument a relation rests on where no plan exists."""

    class Kind(models.TextChoices):
        JOINT_ACTION_PLAN = "joint_action_plan", _("joint action plan")
        MEMORANDUM = "memorandum", _("memorandum of understanding")
        FRAMEWORK = "framework", _("framework of cooperation")
        STRATEGIC_DIALOGUE = "strategic_dialogue", _("strategic dialogue")
        AGREEMENT = "agreement", _("agreement")
        STRATEGIC_PARTNERSHIP = "strategic_partnership", _("strategic partnership")

    class Lifecycle(models.TextChoices):
        NEGOTIATING = "negotiating", _("negotiating")
        ADOPTED = "adopted", _("adopted")
        IN_FORCE = "in_force", _("in force")
        EXPIRED = "expired", _("expired")
        TERMINATED = "terminated", _("terminated")

    class Certainty(models.TextChoices):
        HIGH = "H", _("an official source or two independent reports")
        MEDIUM = "M", _("one good source")
        LOW = "L", _("inferred or contested")

    slug = models.SlugField(_("slug"), unique=True, help_text=_("The end of the page's address, «gcc-aze»."))
    kind = models.CharField(_("kind"), max_length=24, choices=Kind, default=Kind.JOINT_ACTION_PLAN)
    title_en = models.CharField(_("title in English"), max_length=300)
    title_ar = models.CharField(_("title in Arabic"), max_length=300)
    side_a = models.ForeignKey(Party, models.PROTECT, related_name="plans_as_a", verbose_name=_("side A"))
    side_b = models.ForeignKey(Party, models.PROTECT, related_name="plans_as_b", verbose_name=_("side B"))
    starts = models.DateField(_("starts"), null=True, blank=True)
    ends = models.DateField(_("ends"), null=True, blank=True)
    lifecycle = models.CharField(_("stage"), max_length=12, choices=Lifecycle, default=Lifecycle.NEGOTIATING)
    adopted_on = models.DateField(_("adopted or signed on"), null=True, blank=True)
    adopted_precision = precision_field(_("precision of that date"))
    adopted_place_en = models.CharField(_("place of adoption in English"), max_length=120, blank=True)
    adopted_place_ar = models.CharField(_("place of adoption in Arabic"), max_length=120, blank=True)
    lead_a_en = models.CharField(_("lead body of side A in English"), max_length=200, blank=True)
    lead_a_ar = models.CharField(_("lead body of side A in Arabic"), max_length=200, blank=True)
    lead_b_en = models.CharField(_("lead body of side B in English"), max_length=200, blank=True)
    lead_b_ar = models.CharField(_("lead body of side B in Arabic"), max_length=200, blank=True)
    note_en = models.TextField(_("note in English"), blank=True)
    note_ar = models.TextField(_("note in Arabic"), blank=True)
    certainty = models.CharField(_("certainty"), max_length=1, choices=Certainty, blank=True)
    asks_approval = models.BooleanField(
        _("asks for approval"),
        default=False,
        help_text=_(
            "Completed statuses, withdrawals, moved dates, amendments and carry-overs "
            "wait until somebody else approves them."
        ),
    )

    objects = PlanQuerySet.as_manager()

    class Meta:
        verbose_name = _("plan")
        verbose_name_plural = _("plans")
        ordering = ["slug"]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=~Q(side_a=F("side_b")),
                name="sides_differ",
                violation_error_message=_("The two sides are the same party."),
            ),
            models.CheckConstraint(
                condition=Q(starts__isnull=True) | Q(ends__isnull=True) | Q(ends__gt=F("starts")),
                name="plan_ends_after_it_starts",
                violation_error_message=_("The plan ends before it starts."),
            ),
        ]

    def __str__(self) -> str:
        return in_words(self, "title")

    def get_absolute_url(self) -> str:
        return reverse("plan", args=[self.slug])

    def clean(self) -> None:
        # beside the field, where the person looks; the constraint says it again for every other way in
        if self.starts and self.ends and self.ends <= self.starts:
            raise ValidationError({"ends": _("The plan ends before it starts.")})
        if self.side_a_id and self.side_a_id == self.side_b_id:
            raise ValidationError({"side_b": _("The two sides are the same party.")})

    def side(self, side: str) -> Party:
        """The party that is side «a» or «b»."""
        return self.side_a if side == Side.A else self.side_b

    def is_in_force(self, today: date) -> bool:
        """Whether the plan binds on this day: its stage says so and the day lies in its period."""
        return (
            self.lifecycle == self.Lifecycle.IN_FORCE
            and (self.starts is None or self.starts <= today)
            and (self.ends is None or today <= self.ends)
        )


class Lineage(models.Model):
    """How a plan follows from an earlier one, or from what it carries out."""

    class Kind(models.TextChoices):
        EXTENDS = "extends", _("extends")
        RENEWS = "renews", _("renews")
        REPLACES = "replaces", _("replaces")
        IMPLEMENTS = "implements", _("implements")

    plan = models.ForeignKey(Plan, models.CASCADE, related_name="lineage", verbose_name=_("plan"))
    kind = models.CharField(_("how"), max_length=12, choices=Kind)
    earlier = models.ForeignKey(Plan, models.PROTECT, related_name="descent", verbose_name=_("the other plan"))

    other: Plan  # set by LineageQuerySet.around()
    words: str

    objects = LineageQuerySet.as_manager()

    class Meta:
        verbose_name = _("lineage")
        verbose_name_plural = _("lineage")
        ordering = ["plan", "pk"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["plan", "earlier"], name="lineage_once"),
            models.CheckConstraint(
                condition=~Q(plan=F("earlier")),
                name="plan_does_not_follow_itself",
                violation_error_message=_("A plan does not follow from itself."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.plan} {self.get_kind_display()} {self.earlier}"

    @property
    def words_of_the_earlier(self) -> str:
        """How the earlier plan stands to this one, as its own page says it."""
        words = {
            self.Kind.EXTENDS: _("extended by"),
            self.Kind.RENEWS: _("renewed by"),
            self.Kind.REPLACES: _("replaced by"),
            self.Kind.IMPLEMENTS: _("implemented by"),
        }
        return str(words[self.Kind(self.kind)])


def tally_field() -> "models.PositiveIntegerField[Any, Any]":
    return models.PositiveIntegerField(default=0, editable=False)


class Pillar(models.Model):
    """An area of cooperation as this plan names it, tied to the shared sector."""

    plan = models.ForeignKey(Plan, models.CASCADE, related_name="pillars", verbose_name=_("plan"))
    code = models.SlugField(_("code"), max_length=12, help_text=_("Short, in capitals: «ENE»."))
    title_en = models.CharField(_("title in English"), max_length=200)
    title_ar = models.CharField(_("title in Arabic"), max_length=200)
    sector = models.ForeignKey(Sector, models.PROTECT, related_name="pillars", verbose_name=_("sector"))
    position = models.PositiveSmallIntegerField(_("position"), default=0)

    # its commitments by status, those contested and the newest evidence of any, kept by a trigger (migration 0005)
    # whatever is written here: pages sum a few pillars, not every commitment
    count_completed = tally_field()
    count_substantial = tally_field()
    count_limited = tally_field()
    count_not_started = tally_field()
    count_contested = tally_field()
    count_dropped = tally_field()
    count_none = tally_field()
    contested_count = tally_field()
    last_evidence_on = models.DateField(null=True, editable=False)

    objects = PillarQuerySet.as_manager()

    class Meta:
        verbose_name = _("pillar")
        verbose_name_plural = _("pillars")
        ordering = ["plan", "position", "code"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["plan", "code"],
                name="pillar_code_once",
                violation_error_message=_("The plan has a pillar with this code."),
            )
        ]

    def __str__(self) -> str:
        return f"{self.code} {in_words(self, 'title')}"


class Status(models.TextChoices):
    """What counts and bars show: a level, that the sides differ, or that nothing is known. Derived, never entered."""

    COMPLETED = "completed", _("Completed")
    SUBSTANTIAL = "substantial", _("Substantial")
    LIMITED = "limited", _("Limited")
    NOT_STARTED = "not_started", _("Not started")
    CONTESTED = "contested", _("Contested")
    DROPPED = "dropped", _("Dropped")
    NONE = "none", _("No evidence yet")


class Commitment(models.Model):
    """What was promised, in the words agreed."""

    plan = models.ForeignKey(Plan, models.CASCADE, related_name="commitments", verbose_name=_("plan"))
    pillar = models.ForeignKey(Pillar, models.PROTECT, related_name="commitments", verbose_name=_("pillar"))
    code = models.CharField(
        _("code"),
        max_length=20,
        validators=[RegexValidator(r"^[A-Za-z0-9][A-Za-z0-9.\-]*$", _("Letters, digits, dots and hyphens: «ENE-3»."))],
        help_text=_("Within the plan: «ENE-3»."),
    )
    title_en = models.CharField(_("title in English"), max_length=300)
    title_ar = models.CharField(_("title in Arabic"), max_length=300)
    text_en = models.TextField(_("text as agreed, in English"), blank=True)
    text_ar = models.TextField(_("text as agreed, in Arabic"), blank=True)
    lead_a_en = models.CharField(_("lead body of side A in English"), max_length=200, blank=True)
    lead_a_ar = models.CharField(_("lead body of side A in Arabic"), max_length=200, blank=True)
    lead_b_en = models.CharField(_("lead body of side B in English"), max_length=200, blank=True)
    lead_b_ar = models.CharField(_("lead body of side B in Arabic"), max_length=200, blank=True)
    starts = models.DateField(_("starts"), null=True, blank=True)
    baseline_due_on = models.DateField(_("due as first agreed"), null=True, blank=True)
    due_on = models.DateField(_("due"), null=True, blank=True)
    due_precision = precision_field(_("precision of the due date"))
    done_on = models.DateField(_("done on"), null=True, blank=True)
    carried_from = models.ForeignKey(
        "self",
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="carried_to",
        verbose_name=_("carried over from"),
        help_text=_("The commitment of an earlier plan that was not delivered."),
    )
    position = models.PositiveSmallIntegerField(_("position"), default=0)
    is_demo = models.BooleanField(_("demo"), default=False)

    # derived by progress.refresh_status() from what stands, for lists to sort and filter
    status = models.CharField(_("status"), max_length=12, choices=Status, default=Status.NONE, editable=False)
    level_a = models.CharField(_("side A says"), max_length=12, blank=True, editable=False)
    level_b = models.CharField(_("side B says"), max_length=12, blank=True, editable=False)
    level_assessor = models.CharField(_("assessed"), max_length=12, blank=True, editable=False)
    is_contested = models.BooleanField(_("contested"), default=False, editable=False)
    last_evidence_on = models.DateField(_("last evidence"), null=True, editable=False)
    last_checked_on = models.DateField(_("last checked"), null=True, editable=False)

    # what the calendar needs, kept by a trigger (migration 0005) whatever is written here or on the plan:
    # the last day its date allows, the day it was done, the newest of evidence, check and the plan's beginning
    last_day = models.DateField(_("last day"), null=True, editable=False)
    finished_on = models.DateField(_("finished on"), null=True, editable=False)
    heard = models.DateField(_("last heard of"), null=True, editable=False)

    objects = CommitmentQuerySet.as_manager()

    class Meta:
        verbose_name = _("commitment")
        verbose_name_plural = _("commitments")
        ordering = ["plan", "pillar__position", "position", "code"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["plan", "code"],
                name="commitment_code_once",
                violation_error_message=_("The plan has a commitment with this code."),
            ),
            models.CheckConstraint(
                condition=Q(starts__isnull=True) | Q(due_on__isnull=True) | Q(due_on__gte=F("starts")),
                name="commitment_due_after_it_starts",
                violation_error_message=_("The commitment is due before it starts."),
            ),
        ]
        indexes: ClassVar = [
            models.Index(  # what is late, silent or next in a pillar, without a look at the rows
                fields=["pillar"],
                include=["plan", "last_day", "done_on", "heard", "status"],
                condition=OPEN,
                name="commitments_open",
            ),
            models.Index(fields=["plan", "last_day", "id"], condition=OPEN & Q(done_on=None), name="commitments_next"),
            models.Index(
                fields=["last_day", "id"],
                include=["plan", "status", "done_on"],
                condition=OPEN & Q(done_on=None),
                name="commitments_due",
            ),
            models.Index(fields=["heard", "id"], include=["plan", "status"], condition=OPEN, name="commitments_heard"),
            models.Index(
                fields=["-last_evidence_on", "id"],
                include=["plan"],
                condition=Q(is_contested=True),
                name="commitments_contested",
            ),
            models.Index(fields=["plan"], condition=OPEN & UNLED, name="commitments_unled"),
            models.Index(fields=["plan"], condition=OPEN & UNDATED, name="commitments_undated"),
        ]

    def __str__(self) -> str:
        return f"{self.code} {in_words(self, 'title')}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        if self._state.adding and self.baseline_due_on is None:
            self.baseline_due_on = self.due_on
        super().save(*args, **kwargs)

    def get_absolute_url(self) -> str:
        return reverse("commitment", args=[self.plan.slug, self.code])

    def clean(self) -> None:
        self.clean_code()
        if self.pillar_id and self.plan_id and self.pillar.plan_id != self.plan_id:
            raise ValidationError({"pillar": _("The pillar belongs to another plan.")})
        if self.starts and self.due_on and self.due_on < self.starts:
            raise ValidationError({"due_on": _("The commitment is due before it starts.")})

    def clean_code(self) -> None:
        """Raises ValidationError for a code whose address is another page's: «card» is that of the plan's card."""
        try:
            addresses = {page: reverse(page, args=["plan", self.code]) for page in ("commitment", "assess")}
        except NoReverseMatch:
            return  # no code, or one with a slash: the field's own rule says so
        if any(resolve(address).url_name != page for page, address in addresses.items()):
            raise ValidationError({"code": _("A page of the plan has this address. Choose another code: «ENE-3».")})


class Milestone(models.Model):
    """A dated step of a commitment: the date first agreed, the date that holds now, the day it was met."""

    commitment = models.ForeignKey(Commitment, models.CASCADE, related_name="milestones", verbose_name=_("commitment"))
    title_en = models.CharField(_("title in English"), max_length=300)
    title_ar = models.CharField(_("title in Arabic"), max_length=300)
    baseline_due_on = models.DateField(_("due as first agreed"), null=True, blank=True)
    due_on = models.DateField(_("due"), null=True, blank=True)
    due_precision = precision_field(_("precision of the due date"))
    done_on = models.DateField(_("met on"), null=True, blank=True)

    class Meta:
        verbose_name = _("milestone")
        verbose_name_plural = _("milestones")
        ordering = ["commitment", "due_on", "pk"]

    def __str__(self) -> str:
        return in_words(self, "title")

    def save(self, *args: Any, **kwargs: Any) -> None:
        if self._state.adding and self.baseline_due_on is None:
            self.baseline_due_on = self.due_on
        super().save(*args, **kwargs)


class Indicator(models.Model):
    """How a result is measured, with baseline and target (IATI: result/indicator)."""

    commitment = models.ForeignKey(Commitment, models.CASCADE, related_name="indicators", verbose_name=_("commitment"))
    title_en = models.CharField(_("title in English"), max_length=300)
    title_ar = models.CharField(_("title in Arabic"), max_length=300)
    unit_en = models.CharField(_("unit in English"), max_length=60, blank=True)
    unit_ar = models.CharField(_("unit in Arabic"), max_length=60, blank=True)
    baseline = models.DecimalField(_("baseline"), max_digits=18, decimal_places=4, null=True, blank=True)
    baseline_on = models.DateField(_("baseline of"), null=True, blank=True)
    target = models.DecimalField(_("target"), max_digits=18, decimal_places=4, null=True, blank=True)
    target_on = models.DateField(_("target for"), null=True, blank=True)

    class Meta:
        verbose_name = _("indicator")
        verbose_name_plural = _("indicators")
        ordering = ["commitment", "pk"]

    def __str__(self) -> str:
        return in_words(self, "title")


class Measurement(models.Model):
    """A value of an indicator on a day, proved like everything else (IATI: indicator/period/actual)."""

    indicator = models.ForeignKey(Indicator, models.CASCADE, related_name="measurements", verbose_name=_("indicator"))
    on = models.DateField(_("on"))
    value = models.DecimalField(_("value"), max_digits=18, decimal_places=4)
    evidence = models.ForeignKey(
        "plans.Evidence", models.PROTECT, related_name="measurements", verbose_name=_("evidence")
    )

    class Meta:
        verbose_name = _("measurement")
        verbose_name_plural = _("measurements")
        ordering = ["indicator", "on"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["indicator", "on", "evidence"], name="measurement_once")
        ]

    def __str__(self) -> str:
        return f"{self.indicator}: {self.value} ({self.on})"
