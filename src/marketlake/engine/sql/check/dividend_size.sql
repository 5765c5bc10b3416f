-- dividend_size: a dividend that is not smaller than the close before it.
-- Severity: fail
-- Formula: dividend x split >= abs(previous close): per share of before the split; not judged where no close before
--          it is known
-- Why: nobody pays out more than a share is worth; a dividend in pence beside prices in pounds looks like that
-- Remedy: a correction of dividend in corrections.toml
-- Unit: quote currency
-- Grain: instrument_id, session
-- Source: checked
SELECT *, format('dividend {:.6g} per share of before, close before {:.6g}', dividend * split, previous) AS message
FROM checked
WHERE dividend > 0 AND dividend * split >= abs(previous)
