-- bar_version: every version of every bar, the current ones and those that were replaced.
-- Formula: bar, with superseded_at null, and revision. A version held from observed_at until superseded_at and could be
--          known from known_at until then; while a commit is being put in place a replaced version may stand in both,
--          so a reader takes of one session the version seen last, current before replaced
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
