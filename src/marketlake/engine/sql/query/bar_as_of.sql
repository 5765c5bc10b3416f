-- bar_as_of: the bars of some instruments as known at $as_of.
-- Formula: of all versions known by then, the latest; known means known_at, or observed_at (when
--          this lake stored it) with $strict. Only a session with a revision has several versions
-- Unit: as bar
-- Grain: instrument_id, session
-- Source: bar, bar_version, revision
WITH revised AS (
    SELECT DISTINCT instrument_id, session
    FROM main.revision
    WHERE list_contains($classes, asset_class) AND instrument_id IN (SELECT unnest($ids))
),

single AS (
    SELECT
        b.instrument_id, b.session, b.open, b.high, b.low, b.close, b.volume, b.dividend, b.split,
        b.source, b.close_at, b.known_at, b.observed_at, b.backfilled
    FROM main.bar AS b
    LEFT JOIN revised AS r ON r.instrument_id = b.instrument_id AND r.session = b.session
    WHERE
        list_contains($classes, b.asset_class) AND b.instrument_id IN (SELECT unnest($ids))
        AND CASE WHEN $strict THEN b.observed_at ELSE b.known_at END <= $as_of
        AND r.session IS NULL
),

candidate AS (
    SELECT
        v.instrument_id, v.session, v.open, v.high, v.low, v.close, v.volume, v.dividend, v.split,
        v.source, v.close_at, v.known_at, v.observed_at, v.backfilled, v.superseded_at,
        CASE WHEN $strict THEN v.observed_at ELSE v.known_at END AS since
    FROM main.bar_version AS v
    JOIN revised AS r ON r.instrument_id = v.instrument_id AND r.session = v.session
    WHERE list_contains($classes, v.asset_class)
),

latest AS (
    SELECT
        instrument_id, session, open, high, low, close, volume, dividend, split,
        source, close_at, known_at, observed_at, backfilled
    FROM candidate
    WHERE since <= $as_of
    QUALIFY row_number() OVER (
        PARTITION BY instrument_id, session ORDER BY since DESC, observed_at DESC, superseded_at NULLS FIRST
    ) = 1
)

SELECT * FROM single
UNION ALL
SELECT * FROM latest
