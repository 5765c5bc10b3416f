-- unit_spike: a close that is 20 times both its neighbours, or a 20th of them: a unit mistaken for a day.
-- Severity: fail
-- Formula: close x split / previous and close / next close / its split are both above 20 or both below 1/20; the
--          newest row's neighbours are the two before it, so a true jump of that size is stored a session late. Not
--          judged where negative_prices is declared
-- Why: a true rise stays; what comes back the next day by a factor of 20 is a unit. The largest move of a day in the
--      real prices of the tests is 42 %
-- Remedy: the next run asks again; a correction where the vendor stays with it
-- Unit: ratio
-- Grain: instrument_id, session
-- Source: checked
SELECT
    *,
    format('close {:.6g} beside {:.6g} and {:.6g}', close, previous, coalesce(next_close, before_previous)) AS message
FROM checked
WHERE NOT signed AND ((move > 20 AND move_back > 20) OR (move < 1.0 / 20 AND move_back < 1.0 / 20))
