-- event_growth: what each bar's splits and dividends up to its session multiply one unit by.
-- Formula: products of split, of (close + dividend) / close and of previous / (previous - split x
--          dividend) from the second stored session on; NaN from an event without a factor on
-- Unit: ratio
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
)

-- logarithms in whole multiples of 2^-49: sums are exact in any order, and 0 without an event
SELECT
    instrument_id, session, close, dividend, split, return_basis,
    greatest(known_at, max(event_known_at) OVER past) AS known_at,
    exp(sum(round(ln(split_factor) * 562949953421312)) OVER past / 562949953421312) AS splits,
    exp(sum(round(ln(total_factor) * 562949953421312)) OVER past / 562949953421312) AS reinvested,
    exp(sum(round(ln(vendor_factor) * 562949953421312)) OVER past / 562949953421312) AS readjusted
FROM factor
WINDOW past AS (PARTITION BY instrument_id ORDER BY session ROWS UNBOUNDED PRECEDING)
