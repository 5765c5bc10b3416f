-- split_ratio: a split that is not within 1:1000 to 1000:1.
-- Severity: fail
-- Formula: NOT split BETWEEN 1/1000 AND 1000
-- Why: beyond any split at hand (10:1); a larger ratio is a date or a price in the wrong column
-- Remedy: a correction of split in corrections.toml, where another source tells the ratio
-- Unit: new shares per old
-- Grain: instrument_id, session
-- Source: checked
SELECT *, format('split {:.6g}', split) AS message
FROM checked
WHERE NOT coalesce(split BETWEEN 1.0 / 1000 AND 1000, FALSE)
