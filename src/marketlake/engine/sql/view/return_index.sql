-- return_index: the value of one unit bought at the first stored session, on three bases.
-- Formula: price_index = close x product of split
--          total_index = price_index x product of (close + dividend) / close (reinvested at the
--          ex-date's close)
--          vendor_adjusted_index = price_index x product of previous / (previous - split x
--          dividend)
--          Products start at the second stored session; previous is the close of the session
--          before. From one session to the next, total grows by split x (close + dividend) /
--          previous and vendor_adjusted by split x close / (previous - split x dividend).
--          A stored close that is a total return has its dividends: total_index is close x product
--          of split, and the others are null. Null on a session with a close of zero or below, and
--          from an event without a factor on. known_at is the latest of the session's own and of
--          each split and dividend up to it, with the close before it
-- Unit: quote currency; the first value is the first close
-- Grain: instrument_id, session
-- Source: bar, instrument
WITH grown AS (
    -- include: shared/event_growth
),

running AS (
    SELECT *, close * splits AS price_index FROM grown
)

SELECT
    instrument_id, session, close, dividend, split,
    CASE WHEN close > 0 AND return_basis = 'price' AND NOT isnan(price_index) THEN price_index END AS price_index,
    CASE
        WHEN close <= 0 OR isnan(price_index) THEN NULL
        WHEN return_basis = 'total' THEN price_index
        WHEN NOT isnan(reinvested) THEN price_index * reinvested
    END AS total_index,
    CASE
        WHEN close > 0 AND return_basis = 'price' AND NOT isnan(price_index * readjusted)
            THEN price_index * readjusted
    END AS vendor_adjusted_index,
    known_at
FROM running
