-- bar_adjusted: bars adjusted for later splits and dividends, as vendors' charts show them.
-- Formula: price x splits up to the session / splits up to the last one; volume the other way
--          round. adjusted_* also x the same of previous / (previous - split x dividend), where
--          previous is the close before the ex-date (a stored close that is a total return has its
--          dividends). The last session is as traded. Null before an event without a factor. Rows
--          change with later splits and dividends: for a model, use return_index or daily_return
-- Unit: quote currency; volume in units as counted on the last session
-- Grain: instrument_id, session
-- Source: bar, instrument
WITH grown AS (
    -- include: shared/event_growth
),

latest AS (
    SELECT
        instrument_id, max(session) AS through_session, max_by(splits, session) AS splits,
        max_by(readjusted, session) AS readjusted
    FROM grown
    GROUP BY instrument_id
),

factor AS (
    SELECT
        g.instrument_id, g.session, l.through_session,
        CASE WHEN NOT isnan(l.splits) THEN g.splits / l.splits END AS of_splits,
        CASE
            WHEN g.return_basis = 'total' THEN CAST(1 AS DOUBLE)
            WHEN NOT isnan(l.readjusted) THEN g.readjusted / l.readjusted
        END AS of_dividends
    FROM grown AS g
    JOIN latest AS l ON l.instrument_id = g.instrument_id
)

SELECT
    b.instrument_id, b.session, b.open * f.of_splits AS open, b.high * f.of_splits AS high, b.low * f.of_splits AS low,
    b.close * f.of_splits AS close, b.volume / f.of_splits AS volume,
    b.open * f.of_splits * f.of_dividends AS adjusted_open, b.high * f.of_splits * f.of_dividends AS adjusted_high,
    b.low * f.of_splits * f.of_dividends AS adjusted_low, b.close * f.of_splits * f.of_dividends AS adjusted_close,
    f.through_session
FROM bar AS b
JOIN factor AS f ON f.instrument_id = b.instrument_id AND f.session = b.session
