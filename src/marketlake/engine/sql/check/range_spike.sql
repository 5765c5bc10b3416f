-- range_spike: a high far above, or a low far below, every other price of the session.
-- Severity: warn
-- Formula: ln(high / greatest(open, close, previous / split)) > 6.5 x sigma, of the newest row 10 x
--          sigma; the low likewise. Not judged: rates, instruments with negative_prices
-- Why: one true high of the tests is 7.9 sigma (Bitcoin); all others and all lows are within 6
-- Remedy: a correction of high or low, if the day matters
-- Unit: ratio
-- Grain: instrument_id, session
-- Source: checked
SELECT *, format('range {:.6g} to {:.6g}, open {:.6g}, close {:.6g}', low, high, coalesce(open, close), close) AS message
FROM checked
WHERE
    NOT signed AND asset_class <> 'rate' AND high > 0 AND low > 0 AND close > 0 AND previous > 0 AND split > 0
    AND (
        ln(high / greatest(open, close, previous / split)) > CASE WHEN next_close IS NULL THEN 10 ELSE 6.5 END * sigma
        OR ln(least(open, close, previous / split) / low) > CASE WHEN next_close IS NULL THEN 10 ELSE 6.5 END * sigma
    )
