"""Let PostgreSQL keep what lists count: the calendar's days beside each commitment, the tallies beside each pillar.

The rule of the last day is that of timeline.last_day(); a test holds the two against each other. Whatever an update
says, the columns are what the rows make them.
"""

from typing import ClassVar

import pgtrigger.compiler
import pgtrigger.migrations
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

CREATE FUNCTION plans_tallies_of_pillar() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    SELECT count(*) FILTER (WHERE status = 'completed'),
           count(*) FILTER (WHERE status = 'substantial'),
           count(*) FILTER (WHERE status = 'limited'),
           count(*) FILTER (WHERE status = 'not_started'),
           count(*) FILTER (WHERE status = 'contested'),
           count(*) FILTER (WHERE status = 'dropped'),
           count(*) FILTER (WHERE status = 'none'),
           count(*) FILTER (WHERE is_contested),
           max(last_evidence_on)
    INTO NEW.count_completed, NEW.count_substantial, NEW.count_limited, NEW.count_not_started, NEW.count_contested,
         NEW.count_dropped, NEW.count_none, NEW.contested_count, NEW.last_evidence_on
    FROM plans_commitment WHERE pillar_id = NEW.id;
    RETURN NEW;
END $$;

-- The row's lock comes first and the count after it, with a new look at the table: of two at once the second counts
-- what the first has written. In the order of the keys, so that neither waits for the other.
CREATE FUNCTION plans_count_again(pillars bigint[]) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    PERFORM FROM plans_pillar WHERE id = ANY (pillars) ORDER BY id FOR NO KEY UPDATE;
    UPDATE plans_pillar SET position = position WHERE id = ANY (pillars);
END $$;

CREATE FUNCTION plans_commitments_added() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM plans_count_again(ARRAY(SELECT DISTINCT pillar_id FROM after));
    RETURN NULL;
END $$;
CREATE FUNCTION plans_commitments_gone() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM plans_count_again(ARRAY(SELECT DISTINCT pillar_id FROM before));
    RETURN NULL;
END $$;
CREATE FUNCTION plans_commitments_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM plans_count_again(ARRAY(
        SELECT pillar_id FROM (
            (SELECT id, pillar_id, status, is_contested, last_evidence_on FROM before
             EXCEPT SELECT id, pillar_id, status, is_contested, last_evidence_on FROM after)
            UNION ALL
            (SELECT id, pillar_id, status, is_contested, last_evidence_on FROM after
             EXCEPT SELECT id, pillar_id, status, is_contested, last_evidence_on FROM before)
        ) AS changed GROUP BY pillar_id
    ));
    RETURN NULL;
END $$;

CREATE TRIGGER calendar_columns BEFORE INSERT OR UPDATE ON plans_commitment
    FOR EACH ROW EXECUTE FUNCTION plans_calendar_of_commitment();
CREATE TRIGGER calendar_columns AFTER UPDATE OF starts, ends ON plans_plan
    FOR EACH ROW WHEN (OLD.starts IS DISTINCT FROM NEW.starts OR OLD.ends IS DISTINCT FROM NEW.ends)
    EXECUTE FUNCTION plans_calendar_of_plan();

CREATE TRIGGER tallies BEFORE INSERT OR UPDATE ON plans_pillar
    FOR EACH ROW EXECUTE FUNCTION plans_tallies_of_pillar();
CREATE TRIGGER tallies_added AFTER INSERT ON plans_commitment REFERENCING NEW TABLE AS after
    FOR EACH STATEMENT EXECUTE FUNCTION plans_commitments_added();
CREATE TRIGGER tallies_changed AFTER UPDATE ON plans_commitment REFERENCING OLD TABLE AS before NEW TABLE AS after
    FOR EACH STATEMENT EXECUTE FUNCTION plans_commitments_changed();
CREATE TRIGGER tallies_gone AFTER DELETE ON plans_commitment REFERENCING OLD TABLE AS before
    FOR EACH STATEMENT EXECUTE FUNCTION plans_commitments_gone();

UPDATE plans_commitment SET last_day = NULL;
UPDATE plans_pillar SET position = position;
"""
UNDO = """
DROP TRIGGER calendar_columns ON plans_commitment;
DROP TRIGGER calendar_columns ON plans_plan;
DROP TRIGGER tallies ON plans_pillar;
DROP TRIGGER tallies_added ON plans_commitment;
DROP TRIGGER tallies_changed ON plans_commitment;
DROP TRIGGER tallies_gone ON plans_commitment;
DROP FUNCTION plans_calendar_of_commitment();
DROP FUNCTION plans_calendar_of_plan();
DROP FUNCTION plans_tallies_of_pillar();
DROP FUNCTION plans_commitments_added();
DROP FUNCTION plans_commitments_changed();
DROP FUNCTION plans_commitments_gone();
DROP FUNCTION plans_count_again(bigint[]);
"""


class Migration(migrations.Migration):
    dependencies: ClassVar = [("plans", "0004_newest_evidence")]

    operations: ClassVar = [
        pgtrigger.migrations.RemoveTrigger(
            model_name='pillar',
            name='update_update',
        ),
        migrations.RemoveIndex(
            model_name='commitment',
            name='commitments_by_status',
        ),
        migrations.AddField(
            model_name='commitment',
            name='finished_on',
            field=models.DateField(editable=False, null=True, verbose_name='finished on'),
        ),
        migrations.AddField(
            model_name='commitment',
            name='heard',
            field=models.DateField(editable=False, null=True, verbose_name='last heard of'),
        ),
        migrations.AddField(
            model_name='commitment',
            name='last_day',
            field=models.DateField(editable=False, null=True, verbose_name='last day'),
        ),
        migrations.AddField(
            model_name='pillar',
            name='contested_count',
            field=models.PositiveIntegerField(default=0, editable=False),
        ),
        migrations.AddField(
            model_name='pillar',
            name='count_completed',
            field=models.PositiveIntegerField(default=0, editable=False),
        ),
        migrations.AddField(
            model_name='pillar',
            name='count_contested',
            field=models.PositiveIntegerField(default=0, editable=False),
        ),
        migrations.AddField(
            model_name='pillar',
            name='count_dropped',
            field=models.PositiveIntegerField(default=0, editable=False),
        ),
        migrations.AddField(
            model_name='pillar',
            name='count_limited',
            field=models.PositiveIntegerField(default=0, editable=False),
        ),
        migrations.AddField(
            model_name='pillar',
            name='count_none',
            field=models.PositiveIntegerField(default=0, editable=False),
        ),
        migrations.AddField(
            model_name='pillar',
            name='count_not_started',
            field=models.PositiveIntegerField(default=0, editable=False),
        ),
        migrations.AddField(
            model_name='pillar',
            name='count_substantial',
            field=models.PositiveIntegerField(default=0, editable=False),
        ),
        migrations.AddField(
            model_name='pillar',
            name='last_evidence_on',
            field=models.DateField(editable=False, null=True),
        ),
        migrations.RunSQL(FUNCTIONS, UNDO),
        migrations.AddIndex(
            model_name='commitment',
            index=models.Index(condition=models.Q(('status__in', ['completed', 'dropped']), _negated=True), fields=['pillar'], include=('plan', 'last_day', 'done_on', 'heard', 'status'), name='commitments_open'),
        ),
        migrations.AddIndex(
            model_name='commitment',
            index=models.Index(condition=models.Q(models.Q(('status__in', ['completed', 'dropped']), _negated=True), ('done_on', None)), fields=['plan', 'last_day', 'id'], name='commitments_next'),
        ),
        migrations.AddIndex(
            model_name='commitment',
            index=models.Index(condition=models.Q(models.Q(('status__in', ['completed', 'dropped']), _negated=True), ('done_on', None)), fields=['last_day', 'id'], include=('plan', 'status', 'done_on'), name='commitments_due'),
        ),
        migrations.AddIndex(
            model_name='commitment',
            index=models.Index(condition=models.Q(('status__in', ['completed', 'dropped']), _negated=True), fields=['heard', 'id'], include=('plan', 'status'), name='commitments_heard'),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='pillar',
            trigger=pgtrigger.compiler.Trigger(name='update_update', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD."code" IS DISTINCT FROM (NEW."code") OR OLD."id" IS DISTINCT FROM (NEW."id") OR OLD."plan_id" IS DISTINCT FROM (NEW."plan_id") OR OLD."position" IS DISTINCT FROM (NEW."position") OR OLD."sector_id" IS DISTINCT FROM (NEW."sector_id") OR OLD."title_ar" IS DISTINCT FROM (NEW."title_ar") OR OLD."title_en" IS DISTINCT FROM (NEW."title_en"))', func='INSERT INTO "plans_pillarevent" ("code", "id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "plan_id", "position", "sector_id", "title_ar", "title_en") VALUES (NEW."code", NEW."id", _pgh_attach_context(), NOW(), \'update\', NEW."id", NEW."plan_id", NEW."position", NEW."sector_id", NEW."title_ar", NEW."title_en"); RETURN NULL;', hash='917b54b555458b317b81c40b895d49a600196547', operation='UPDATE', pgid='pgtrigger_update_update_a89e8', table='plans_pillar', when='AFTER')),
        ),
        migrations.RemoveIndex(
            model_name='evidence',
            name='evidence_of_plan',
        ),
        migrations.AddIndex(
            model_name='commitment',
            index=models.Index(condition=models.Q(('is_contested', True)), fields=['-last_evidence_on', 'id'], include=('plan',), name='commitments_contested'),
        ),
        migrations.AddIndex(
            model_name='commitment',
            index=models.Index(condition=models.Q(models.Q(('status__in', ['completed', 'dropped']), _negated=True), models.Q(models.Q(('lead_a_ar', ''), ('lead_a_en', '')), models.Q(('lead_b_ar', ''), ('lead_b_en', '')), _connector='OR')), fields=['plan'], name='commitments_unled'),
        ),
        migrations.AddIndex(
            model_name='commitment',
            index=models.Index(condition=models.Q(models.Q(('status__in', ['completed', 'dropped']), _negated=True), ('done_on', None), ('due_on', None), models.Q(('due_precision', 'plan_end'), _negated=True)), fields=['plan'], name='commitments_undated'),
        ),
        migrations.AddIndex(
            model_name='evidence',
            index=models.Index(fields=['plan', '-published_on', '-id'], name='evidence_of_plan'),
        ),
    ]
