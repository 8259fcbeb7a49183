"""What the calendar says needs a few days of each commitment: let PostgreSQL keep them beside it, indexed.

The rules are those of timeline.last_day(); a test holds the two against each other. Whatever an update says, the
columns are what the row and its plan make them.
"""

from typing import ClassVar

from django.db import migrations, models

FUNCTIONS = """
CREATE FUNCTION plans_calendar_of_commitment() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    plan_starts date;
    plan_ends date;
BEGIN
    SELECT starts, ends INTO plan_starts, plan_ends FROM plans_plan WHERE id = NEW.plan_id;
    NEW.last_day := CASE NEW.due_precision
        WHEN 'month' THEN (date_trunc('month', NEW.due_on) + interval '1 month' - interval '1 day')::date
        WHEN 'quarter' THEN (date_trunc('quarter', NEW.due_on) + interval '3 months' - interval '1 day')::date
        WHEN 'year' THEN (date_trunc('year', NEW.due_on) + interval '1 year' - interval '1 day')::date
        WHEN 'plan_end' THEN plan_ends
        ELSE NEW.due_on
    END;
    NEW.heard := greatest(NEW.last_evidence_on, NEW.last_checked_on, plan_starts);
    NEW.finished_on := NEW.done_on;
    IF NEW.done_on IS NULL AND NEW.status = 'completed' THEN
        NEW.finished_on := coalesce(NEW.last_evidence_on, (
            SELECT max(ground.published_on)
            FROM plans_assessment said JOIN plans_evidence ground ON ground.id = said.ground_id
            WHERE said.commitment_id = NEW.id AND said.level = 'completed' AND NOT EXISTS (
                SELECT FROM plans_withdrawal w WHERE w.assessment_id = said.id OR w.evidence_id = ground.id
            )
        ));
    END IF;
    RETURN NEW;
END $$;

CREATE FUNCTION plans_calendar_of_plan() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE plans_commitment SET last_day = NULL WHERE plan_id = NEW.id;
    RETURN NULL;
END $$;

CREATE TRIGGER calendar_columns BEFORE INSERT OR UPDATE ON plans_commitment
    FOR EACH ROW EXECUTE FUNCTION plans_calendar_of_commitment();
CREATE TRIGGER calendar_columns AFTER UPDATE OF starts, ends ON plans_plan
    FOR EACH ROW WHEN (OLD.starts IS DISTINCT FROM NEW.starts OR OLD.ends IS DISTINCT FROM NEW.ends)
    EXECUTE FUNCTION plans_calendar_of_plan();

UPDATE plans_commitment SET last_day = NULL;
"""
UNDO = """
DROP TRIGGER calendar_columns ON plans_commitment;
DROP TRIGGER calendar_columns ON plans_plan;
DROP FUNCTION plans_calendar_of_commitment();
DROP FUNCTION plans_calendar_of_plan();
"""


class Migration(migrations.Migration):
    dependencies: ClassVar = [("plans", "0004_newest_evidence")]

    operations: ClassVar = [
        migrations.RemoveIndex(
            model_name="commitment",
            name="commitments_by_status",
        ),
        migrations.AddField(
            model_name="commitment",
            name="finished_on",
            field=models.DateField(editable=False, null=True, verbose_name="finished on"),
        ),
        migrations.AddField(
            model_name="commitment",
            name="heard",
            field=models.DateField(editable=False, null=True, verbose_name="last heard of"),
        ),
        migrations.AddField(
            model_name="commitment",
            name="last_day",
            field=models.DateField(editable=False, null=True, verbose_name="last day"),
        ),
        migrations.RunSQL(FUNCTIONS, UNDO),
        migrations.AddIndex(
            model_name="commitment",
            index=models.Index(fields=["plan"], include=("status", "is_contested", "last_day", "done_on", "heard", "pillar", "code"), name="commitments_counted"),
        ),
        migrations.AddIndex(
            model_name="commitment",
            index=models.Index(condition=models.Q(models.Q(("status__in", ["completed", "dropped"]), _negated=True), ("done_on", None)), fields=["last_day", "id"], name="commitments_due"),
        ),
        migrations.AddIndex(
            model_name="commitment",
            index=models.Index(condition=models.Q(("status__in", ["completed", "dropped"]), _negated=True), fields=["heard", "id"], name="commitments_heard"),
        ),
        migrations.AddIndex(
            model_name="commitment",
            index=models.Index(condition=models.Q(("is_contested", True)), fields=["-last_evidence_on", "id"], name="commitments_contested"),
        ),
    ]
