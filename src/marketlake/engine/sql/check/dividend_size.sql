-- dividend_size: a dividend out of all proportion to the price and to the instrument's own history.
-- Severity: fail
-- Formula: yield = dividend x split / previous, per share before the split; not judged without a
--          previous close. Fails where yield >= 1; or where the price fell by less than half of the
--          dividend (of dividend and dividend x split the smaller, as vendors differ) and yield >
--          0.25, or yield > 20 x usual_yield and > 4 x sigma
-- Why: no company pays out more than a share is worth, and a price falls by about the dividend on
--      the ex-date. A dividend in pence next to prices in pounds looks like this. Of 100 times its
--      dividend, Coca-Cola would yield 77 %, Apple 13 %
-- Remedy: a correction of dividend in corrections.toml
-- Unit: quote currency
-- Grain: instrument_id, session
-- Source: checked
SELECT
    *,
    format(
        'dividend {:.6g} per share before the split, close from {:.6g} to {:.6g}, usual yield {}',
        dividend * split, previous, close * split, coalesce(format('{:.2g}', usual_yield), 'unknown')
    ) AS message
FROM checked
WHERE
    dividend > 0
    AND (
        dividend * split >= abs(previous)
        OR (
            close * split > previous - 0.5 * least(dividend, dividend * split)
            AND (least(1, split) * yield / split > 0.25 OR (yield > 20 * usual_yield AND yield > 4 * sigma))
        )
    )
