-- high_just_below_low: a high below the low by up to 1 %.
-- Severity: warn
-- Formula: high < low x (1 - 0.000001) and not high_below_low
-- Why: seen once in 6,106 days of COMEX gold (0.11 %); vendors serve prices to a precision of a
--      millionth
-- Remedy: a correction of high or low, if the day matters
-- Unit: as bar
-- Grain: instrument_id, session
-- Source: checked
SELECT *, format('high {:.6g} below low {:.6g}', high, low) AS message
FROM checked
WHERE high < low - 1e-6 * abs(low) AND high >= low - 0.01 * abs(low)
