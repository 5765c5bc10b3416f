"""The schemas of the tables are consistent with each other."""

from __future__ import annotations

from marketlake.ingest.normalise import NORMALISED
from marketlake.model import schema
from marketlake.model.errors import SourceError


def test_every_column_has_a_description() -> None:
    for table in (*schema.TABLES.values(), schema.RAW, schema.SERVED):
        assert all(field.metadata[b"description"] for field in table)
        assert all(field.type.tz == "UTC" for field in table if str(field.type).startswith("timestamp"))


def test_tables_reference_each_other_consistently() -> None:
    assert schema.REVISION.names == [*schema.BAR.names, "superseded_at"]
    assert NORMALISED.names == schema.BAR.names[: len(NORMALISED.names)]
    assert not schema.BAR.field("close").nullable


def test_every_source_error_is_an_outcome() -> None:
    leaves = [e for kind in SourceError.__subclasses__() for e in kind.__subclasses__()]
    outcomes = {error.outcome for error in leaves}
    assert outcomes | schema.GOOD_OUTCOMES == set(schema.OUTCOMES)
