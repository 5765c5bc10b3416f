-- dividend_out_of_line: a dividend far larger or smaller than the instrument's other dividends.
-- Severity: warn (suspect)
-- Formula: yield > 20 x usual_yield, unless it is beyond 6 x sigma and the price fell by it within
--          3 x sigma; or yield < usual_yield / 20. Where the session also splits: yield differs from usual_yield by more
--          than the root of the split, or there is no other dividend
-- Why: a dividend in the wrong unit is 100 times too large or too small; one on the day of a split
--      is often served per share before the split next to prices after it. Of the three shares of
--      the tests no two dividends of one share differ by more than 4 times
-- Remedy: a correction of dividend in corrections.toml, if another source has the amount
-- Unit: fraction of the price
-- Grain: instrument_id, session
-- Source: checked
SELECT
    *, format('dividend {:.6g}, yield {:.2g}, usual {}', dividend, yield, coalesce(format('{:.2g}', usual_yield), 'unknown'))
    AS message
FROM checked
WHERE
    dividend > 0
    AND (
        (yield > 20 * usual_yield AND NOT coalesce(yield > 6 * sigma AND abs(step) < 3 * sigma, FALSE))
        OR yield < usual_yield / 20
        OR (abs(ln(split)) > 0.1 AND coalesce(abs(ln(yield / usual_yield)) > abs(ln(split)) / 2, TRUE))
    )
