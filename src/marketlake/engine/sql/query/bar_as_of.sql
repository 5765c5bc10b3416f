-- bar_as_of: the bars of some instruments as known at $as_of.
-- Formula: of all versions known by then, the latest; known means known_at, or observed_at (when
--          this lake stored it) with $strict
-- Unit: as bar
-- Grain: instrument_id, session
-- Source: bar_version
WITH candidate AS (
    SELECT
        instrument_id, session, open, high, low, close, volume, dividend, split,
        source, close_at, known_at, observed_at, backfilled, superseded_at,
        CASE WHEN $strict THEN observed_at ELSE known_at END AS since
    FROM main.bar_version
    WHERE list_contains($classes, asset_class) AND instrument_id IN (SELECT unnest($ids))
)

SELECT
    instrument_id, session, open, high, low, close, volume, dividend, split,
    source, close_at, known_at, observed_at, backfilled
FROM candidate
WHERE since <= $as_of
QUALIFY row_number() OVER (
    PARTITION BY instrument_id, session ORDER BY since DESC, observed_at DESC, superseded_at NULLS FIRST
) = 1
