-- unit_spike: a close of 20 times both its neighbours, or of a 20th of them: a unit error on one
--     day.
-- Severity: fail
-- Formula: close x split / previous and close / next close / next split are both above 20 or both
--          below 1/20. The newest row is compared with the two before it, so a true jump of that
--          size is stored one session late. Not judged where negative_prices is declared
-- Why: a true rise persists; a move by a factor of 20 that reverses the next day is a unit error.
--      The largest daily move in the real prices of the tests is 42 %
-- Remedy: the next run requests it again; add a correction if the vendor still serves it
-- Unit: ratio
-- Grain: instrument_id, session
-- Source: checked
SELECT
    *,
    format('close {:.6g} next to {:.6g} and {:.6g}', close, previous, coalesce(next_close, before_previous)) AS message
FROM checked
WHERE NOT signed AND ((move > 20 AND move_back > 20) OR (move < 1.0 / 20 AND move_back < 1.0 / 20))
