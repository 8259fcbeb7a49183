"""Keep the record in the database itself: nothing recorded is changed, and nothing crosses from one plan to another."""

from typing import ClassVar

from django.db import migrations

# The only door for a deletion is the reset of the demo, which says so in its transaction and reaches demo rows alone.
FUNCTIONS = """
CREATE FUNCTION plans_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    gone jsonb;
BEGIN
    IF TG_OP = 'DELETE' AND current_setting('mithaq.resets_demo', true) = 'on' THEN
        gone := to_jsonb(OLD);
        IF (gone ->> 'is_demo')::boolean
           OR EXISTS (SELECT FROM plans_assessment a WHERE a.id = (gone ->> 'assessment_id')::bigint AND a.is_demo)
           OR EXISTS (SELECT FROM plans_evidence e WHERE TG_TABLE_NAME = 'plans_withdrawal'
                      AND e.id = (gone ->> 'evidence_id')::bigint AND e.is_demo) THEN
            RETURN OLD;
        END IF;
    END IF;
    RAISE EXCEPTION '% is append-only: % refused', TG_TABLE_NAME, lower(TG_OP)
        USING ERRCODE = 'restrict_violation', HINT = 'Record a withdrawal instead.';
END $$;
"""
UNDO_FUNCTIONS = "DROP FUNCTION plans_refuse_change();"

TABLES = ["plans_evidence", "plans_assessment", "plans_assessmentevidence", "plans_withdrawal"]
TRIGGERS = "".join(
    f"""
CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE ON {table}
    FOR EACH ROW EXECUTE FUNCTION plans_refuse_change();
CREATE TRIGGER {table}_no_truncate BEFORE TRUNCATE ON {table}
    FOR EACH STATEMENT EXECUTE FUNCTION plans_refuse_change();
"""
    for table in TABLES
)
UNDO_TRIGGERS = "".join(
    f"DROP TRIGGER {table}_append_only ON {table}; DROP TRIGGER {table}_no_truncate ON {table};" for table in TABLES
)

# (table, column) must point into the same plan as the row itself
WITHIN_THE_PLAN = [
    ("plans_commitment", "pillar_id", "plans_pillar"),
    ("plans_evidence", "pillar_id", "plans_pillar"),
    ("plans_evidence", "commitment_id", "plans_commitment"),
    ("plans_assessment", "commitment_id", "plans_commitment"),
    ("plans_assessment", "ground_id", "plans_evidence"),
]
KEYS = "".join(
    f"ALTER TABLE {table} ADD CONSTRAINT {table}_with_its_plan UNIQUE (id, plan_id);"
    for table in ["plans_pillar", "plans_commitment", "plans_evidence"]
) + "".join(
    f"ALTER TABLE {table} ADD CONSTRAINT {table}_{column}_of_its_plan FOREIGN KEY ({column}, plan_id)"
    f" REFERENCES {target} (id, plan_id) DEFERRABLE INITIALLY DEFERRED;"
    for table, column, target in WITHIN_THE_PLAN
)
UNDO_KEYS = "".join(
    f"ALTER TABLE {table} DROP CONSTRAINT {table}_{column}_of_its_plan;" for table, column, _target in WITHIN_THE_PLAN
) + "".join(
    f"ALTER TABLE {table} DROP CONSTRAINT {table}_with_its_plan;"
    for table in ["plans_pillar", "plans_commitment", "plans_evidence"]
)


class Migration(migrations.Migration):
    dependencies: ClassVar = [("plans", "0001_initial")]

    operations: ClassVar = [
        migrations.RunSQL(KEYS, UNDO_KEYS),
        migrations.RunSQL(FUNCTIONS, UNDO_FUNCTIONS),
        migrations.RunSQL(TRIGGERS, UNDO_TRIGGERS),
    ]
