-- far_outside_range: an open or close more than a quarter outside the low and high.
-- Severity: fail
-- Formula: beyond high or below low by more than 25 % of the high or low. Not judged where
--          negative_prices is declared
-- Why: settlements lie outside the traded range by up to 4.8 % in COMEX gold and silver, opens by
--      up to 7.9 %. A quarter is three times that: one of the fields is in another unit
-- Remedy: a correction of the field, or another source
-- Unit: as bar
-- Grain: instrument_id, session
-- Source: checked
SELECT
    *,
    format('open {:.6g}, close {:.6g}, range {:.6g} to {:.6g}', coalesce(open, close), close, low, high) AS message
FROM checked
WHERE NOT signed AND (greatest(open, close) > 1.25 * high OR least(open, close) < 0.75 * low)
