"""A stored text never changes: an edit by the publisher is a new revision beside it."""

from typing import ClassVar

from django.db import migrations

REFUSE = """
CREATE FUNCTION articles_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is immutable: % refused', TG_TABLE_NAME, lower(TG_OP)
        USING ERRCODE = 'restrict_violation', HINT = 'Store a new revision instead.';
END $$;
CREATE TRIGGER articles_revision_immutable BEFORE UPDATE ON articles_revision
    FOR EACH ROW EXECUTE FUNCTION articles_refuse_change();
"""
UNDO = "DROP TRIGGER articles_revision_immutable ON articles_revision; DROP FUNCTION articles_refuse_change();"


class Migration(migrations.Migration):
    dependencies: ClassVar = [("articles", "0001_initial")]

    operations: ClassVar = [migrations.RunSQL(REFUSE, UNDO)]
