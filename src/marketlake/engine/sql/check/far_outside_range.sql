-- far_outside_range: an open or close more than a quarter outside the low and high, or a high or low
--     10,000 times away from both.
-- Severity: fail
-- Formula: beyond high or below low by more than 25 % of the high or low; high > 10,000 x the larger
--          of open and close, or low < the smaller / 10,000. Not judged where negative_prices is
--          declared
-- Why: settlements lie outside the traded range by up to 4.8 % in COMEX gold and silver, opens by
--      up to 7.9 %. A quarter is three times that: one of the fields is in another unit.
--      A coin once traded at 1/3,000 of its price for minutes; no real range is wider
-- Remedy: a correction of the field, or another source
-- Unit: as bar
-- Grain: instrument_id, session
-- Source: checked
SELECT
    *,
    format('open {:.6g}, close {:.6g}, range {:.6g} to {:.6g}', coalesce(open, close), close, low, high) AS message
FROM checked
WHERE
    NOT signed
    AND (
        greatest(open, close) > 1.25 * high OR least(open, close) < 0.75 * low
        OR high > 1e4 * greatest(open, close) OR low < 1e-4 * least(open, close)
    )
