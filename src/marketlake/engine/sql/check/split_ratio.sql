-- split_ratio: a split beyond 1:1000 or 1000:1 that the price does not confirm.
-- Severity: fail
-- Formula: NOT split BETWEEN 1/1000 AND 1000, unless it is between 1:1,000,000 and 1,000,000:1 and
--          (close + dividend) x split / previous is within a factor of exp(0.5) = 1.65 of 1
-- Why: reverse splits of 1:5000 happen, and the price of the day confirms them. Other ratios beyond
--      the limit are a date or a price in the wrong column
-- Remedy: a correction of split in corrections.toml, if another source has the ratio
-- Unit: new shares per old
-- Grain: instrument_id, session
-- Source: checked
SELECT *, format('split {:.6g}, close from {} to {:.6g}', split, coalesce(previous::VARCHAR, 'none'), close) AS message
FROM checked
WHERE
    NOT coalesce(split BETWEEN 1.0 / 1000 AND 1000, FALSE)
    AND NOT coalesce(split BETWEEN 1e-6 AND 1e6 AND abs(step) < 0.5, FALSE)
