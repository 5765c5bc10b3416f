-- bar_version: every version of every bar, current and superseded.
-- Formula: bar (superseded_at is null) and revision. A version was stored from observed_at until
--          superseded_at and could be known from known_at until then. During a commit a superseded
--          version can be in both tables: of one session a reader takes the version observed last,
--          current before superseded
-- Unit: as bar
-- Grain: instrument_id, session, observed_at
-- Source: bar, revision
SELECT
    instrument_id, session, open, high, low, close, volume, dividend, split, source, close_at, known_at, observed_at,
    backfilled, CAST(NULL AS TIMESTAMPTZ) AS superseded_at, asset_class, year
FROM bar
UNION ALL
SELECT
    instrument_id, session, open, high, low, close, volume, dividend, split, source, close_at, known_at, observed_at,
    backfilled, superseded_at, asset_class, year
FROM revision
