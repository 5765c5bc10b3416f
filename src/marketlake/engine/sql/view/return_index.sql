-- return_index: the value of one unit bought at the first stored session, on three bases.
-- Formula: price_index = close x product of split
--          total_index = price_index x product of (close + dividend) / close (reinvested at the
--          ex-date's close)
--          vendor_adjusted_index = price_index x product of previous / (previous - split x
--          dividend)
--          Products start at the second stored session; previous is the close of the session
--          before. From one session to the next, total grows by split x (close + dividend) /
--          previous and vendor_adjusted by split x close / (previous - split x dividend).
--          Where the stored close is a total return, total_index is the close and the others are
--          null. Null on a session with a close of zero or below, and from an event without a
--          factor on. known_at is the latest of the session's own and of each split and dividend up
--          to it, with the close before it
-- Unit: quote currency; the first value is the first close
-- Grain: instrument_id, session
-- Source: bar, instrument
WITH step AS (
    SELECT
        b.instrument_id, b.session, b.close, b.dividend, b.split, b.known_at,
        coalesce(n.return_basis, 'price') AS return_basis,
        lag(b.close) OVER past AS previous,
        lag(b.known_at) OVER past AS previous_known_at
    FROM bar AS b
    LEFT JOIN instrument AS n ON n.instrument_id = b.instrument_id
    WINDOW past AS (PARTITION BY b.instrument_id ORDER BY b.session)
),

-- NaN for a missing factor: every later sum is NaN too
factor AS (
    SELECT
        instrument_id, session, close, dividend, split, return_basis, known_at,
        CASE WHEN dividend <> 0 OR split <> 1 THEN greatest(known_at, previous_known_at) END AS event_known_at,
        CASE WHEN previous IS NULL THEN 1 WHEN split > 0 THEN split ELSE CAST('NaN' AS DOUBLE) END AS split_factor,
        CASE
            WHEN previous IS NULL OR dividend = 0 THEN 1
            WHEN close > 0 AND close + dividend > 0 THEN (close + dividend) / close
            ELSE CAST('NaN' AS DOUBLE)
        END AS total_factor,
        CASE
            WHEN previous IS NULL OR dividend = 0 THEN 1
            WHEN previous > 0 AND previous > split * dividend THEN previous / (previous - split * dividend)
            ELSE CAST('NaN' AS DOUBLE)
        END AS vendor_factor
    FROM step
),

-- logarithms in whole multiples of 2^-49: sums are exact in any order, and 0 without an event
running AS (
    SELECT
        instrument_id, session, close, dividend, split, return_basis,
        greatest(known_at, max(event_known_at) OVER past) AS known_at,
        close * exp(sum(round(ln(split_factor) * 562949953421312)) OVER past / 562949953421312) AS price_index,
        exp(sum(round(ln(total_factor) * 562949953421312)) OVER past / 562949953421312) AS reinvested,
        exp(sum(round(ln(vendor_factor) * 562949953421312)) OVER past / 562949953421312) AS readjusted
    FROM factor
    WINDOW past AS (PARTITION BY instrument_id ORDER BY session ROWS UNBOUNDED PRECEDING)
)

SELECT
    instrument_id, session, close, dividend, split,
    CASE WHEN close > 0 AND return_basis = 'price' AND NOT isnan(price_index) THEN price_index END AS price_index,
    CASE
        WHEN close > 0 AND return_basis = 'total' THEN close
        WHEN close > 0 AND NOT isnan(price_index * reinvested) THEN price_index * reinvested
    END AS total_index,
    CASE
        WHEN close > 0 AND return_basis = 'price' AND NOT isnan(price_index * readjusted)
            THEN price_index * readjusted
    END AS vendor_adjusted_index,
    known_at
FROM running
