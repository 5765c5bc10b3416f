-- metric_return: the return of an instrument from each session that has a figure to the next; what every metric reads.
-- Formula: simple_return = level / level of the session before - 1; null on the first. Nothing is filled: over a missing
--          session or a missing rate the return spans to the next. `deflator` is what the level was divided by
-- Unit: fraction; level in the currency asked for
-- Grain: instrument_id, session
-- Source: metric_level
SELECT
    instrument_id, session, day, level, deflator,
    level / lag(level) OVER (PARTITION BY instrument_id ORDER BY session) - 1 AS simple_return
FROM metric_level
WHERE level IS NOT NULL
