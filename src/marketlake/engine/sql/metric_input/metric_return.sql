-- metric_return: the return from each session with a figure to the next: the input of every metric.
-- Formula: simple_return = level / level of the previous session - 1; null on the first. Nothing is
--          filled: across a missing session or rate the return spans to the next. `deflator` is the
--          divisor of the level
-- Unit: fraction; level in the requested currency
-- Grain: instrument_id, session
-- Source: metric_level
SELECT
    instrument_id, session, day, level, deflator,
    level / lag(level) OVER (PARTITION BY instrument_id ORDER BY session) - 1 AS simple_return
FROM metric_level
WHERE level IS NOT NULL
