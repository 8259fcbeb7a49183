"""Let PostgreSQL say when what pages of plans show has changed: a beat for each statement, whoever writes and however."""

from django.db import migrations, models
from django.db.models.functions import Now

# A page drawn at one beat is true until the next, so every table that pages rest on beats. Now and then a beat clears
# away those of past hours; it is one itself, so that no reader takes the pulse for the one before.
FUNCTION = """
CREATE FUNCTION plans_beat() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    beat bigint;
BEGIN
    INSERT INTO plans_pulse DEFAULT VALUES RETURNING id INTO beat;
    IF beat % 1000 = 0 THEN
        DELETE FROM plans_pulse WHERE id IN (
            SELECT id FROM plans_pulse WHERE at < now() - interval '1 hour' FOR UPDATE SKIP LOCKED
        );
    END IF;
    RETURN NULL;
END $$;
"""
UNDO_FUNCTION = "DROP FUNCTION plans_beat();"

TABLES = [
    "plans_actionpoint",
    "plans_alias",
    "plans_assessment",
    "plans_assessmentevidence",
    "plans_briefing",
    "plans_check",
    "plans_commitment",
    "plans_datechange",
    "plans_disagreement",
    "plans_document",
    "plans_evidence",
    "plans_indicator",
    "plans_lineage",
    "plans_measurement",
    "plans_meeting",
    "plans_meeting_documents",
    "plans_meeting_reviewed",
    "plans_membership",
    "plans_milestone",
    "plans_office",
    "plans_officeholder",
    "plans_party",
    "plans_pillar",
    "plans_plan",
    "plans_proposal",
    "plans_sector",
    "plans_storedfile",
    "plans_translation",
    "plans_user_groups",
    "plans_user_plans",
    "plans_user_user_permissions",
    "plans_withdrawal",
    "plans_wording",
    "auth_group",
    "auth_group_permissions",
    "auth_permission",
]
# a sign-in, which writes when it was, changes no page
OF_A_PERSON = "username, first_name, last_name, email, is_staff, is_active, is_superuser, party_id"
TRIGGERS = (
    "".join(
        f"CREATE TRIGGER {table}_beat AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON {table}"
        " FOR EACH STATEMENT EXECUTE FUNCTION plans_beat();\n"
        for table in TABLES
    )
    + f"CREATE TRIGGER plans_user_beat AFTER INSERT OR UPDATE OF {OF_A_PERSON} OR DELETE OR TRUNCATE ON plans_user"
    " FOR EACH STATEMENT EXECUTE FUNCTION plans_beat();"
)
UNDO_TRIGGERS = "".join(f"DROP TRIGGER {table}_beat ON {table};\n" for table in [*TABLES, "plans_user"])


class Migration(migrations.Migration):
    dependencies = [
        ("auth", "0012_alter_user_first_name_max_length"),
        ("plans", "0007_amendments_and_carry_overs_wait"),
    ]

    operations = [
        migrations.CreateModel(
            name="Pulse",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("at", models.DateTimeField(db_default=Now())),
            ],
            options={"default_permissions": ()},
        ),
        migrations.RunSQL(FUNCTION, UNDO_FUNCTION),
        migrations.RunSQL(TRIGGERS, UNDO_TRIGGERS),
    ]
