-- split_ratio: a split that is not within 1:1000 to 1000:1.
-- Severity: fail
-- Formula: NOT split BETWEEN 1/1000 AND 1000
-- Why: the largest split in the reference data is 10:1; a ratio beyond the limit is a date or a
--      price in the wrong column
-- Remedy: a correction of split in corrections.toml, if another source has the ratio
-- Unit: new shares per old
-- Grain: instrument_id, session
-- Source: checked
SELECT *, format('split {:.6g}', split) AS message
FROM checked
WHERE NOT coalesce(split BETWEEN 1.0 / 1000 AND 1000, FALSE)
