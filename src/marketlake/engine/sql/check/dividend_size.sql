-- dividend_size: a dividend that is not smaller than the previous close.
-- Severity: fail
-- Formula: dividend x split >= abs(previous close), per share before the split; not judged without
--          a previous close
-- Why: no company pays out more than a share is worth; a dividend in pence next to prices in pounds
--      looks like this
-- Remedy: a correction of dividend in corrections.toml
-- Unit: quote currency
-- Grain: instrument_id, session
-- Source: checked
SELECT *, format('dividend {:.6g} per share before the split, previous close {:.6g}', dividend * split, previous) AS message
FROM checked
WHERE dividend > 0 AND dividend * split >= abs(previous)
