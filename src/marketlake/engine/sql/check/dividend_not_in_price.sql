-- dividend_not_in_price: a large dividend that the price does not reflect.
-- Severity: warn (suspect)
-- Formula: dividend x split / previous > 0.1 or > 6 x sigma, and the price fell by less than half of
--          the dividend: close x split > previous - 0.5 x the smaller of dividend and dividend x split
-- Why: a share price falls by about the dividend on the ex-date. A dividend in pence served as
--      pounds is 100 times too large and leaves no trace in the price
-- Remedy: a correction of dividend in corrections.toml, if another source has the amount
-- Unit: quote currency
-- Grain: instrument_id, session
-- Source: checked
SELECT
    *,
    format(
        'dividend {:.6g} per share before the split, close from {:.6g} to {:.6g}', dividend * split, previous, close * split
    ) AS message
FROM checked
WHERE
    (dividend * split > 0.1 * abs(previous) OR dividend * split > 6 * sigma * abs(previous))
    AND close * split > previous - 0.5 * least(dividend, dividend * split)
