-- price_observed_by(moment): what this lake itself held at a moment (strict: a first load counts from when it was loaded).
-- Formula: of all current and superseded rows with observed_at <= moment, the one with the latest observed_at
-- Unit: as bar; a moment without a time zone is UTC
-- Grain: instrument_id, session
-- Source: bar, revision
CREATE MACRO price_observed_by(moment) AS TABLE
SELECT
    k.instrument_id, k.session, k.open, k.high, k.low, k.close, k.volume, k.dividend, k.split,
    k.source, k.close_at, k.known_at, k.observed_at, k.backfilled, k.asset_class, k.year
FROM (
    SELECT
        b.instrument_id, b.session, b.open, b.high, b.low, b.close, b.volume, b.dividend, b.split,
        b.source, b.close_at, b.known_at, b.observed_at, b.backfilled, b.asset_class, b.year, 0 AS superseded
    FROM bar AS b
    UNION ALL
    SELECT
        r.instrument_id, r.session, r.open, r.high, r.low, r.close, r.volume, r.dividend, r.split,
        r.source, r.close_at, r.known_at, r.observed_at, r.backfilled, r.asset_class, r.year, 1 AS superseded
    FROM revision AS r
) AS k
WHERE k.observed_at <= make_timestamptz(epoch_us(moment))
QUALIFY row_number() OVER (
    PARTITION BY k.instrument_id, k.session
    ORDER BY k.observed_at DESC, k.superseded
) = 1
