-- price_as_of(moment): the bars that could be known at a moment.
-- Formula: of all versions with known_at <= moment, the one with the latest known_at; a first load
--          counts as known from the end of its session
-- Unit: as bar; a moment without a time zone is UTC
-- Grain: instrument_id, session
-- Source: bar_version
CREATE MACRO price_as_of(moment) AS TABLE
SELECT
    k.instrument_id, k.session, k.open, k.high, k.low, k.close, k.volume, k.dividend, k.split,
    k.source, k.close_at, k.known_at, k.observed_at, k.backfilled, k.asset_class, k.year
FROM bar_version AS k
WHERE k.known_at <= make_timestamptz(epoch_us(moment))
QUALIFY row_number() OVER (
    PARTITION BY k.instrument_id, k.session
    ORDER BY k.known_at DESC, k.observed_at DESC, k.superseded_at NULLS FIRST
) = 1
