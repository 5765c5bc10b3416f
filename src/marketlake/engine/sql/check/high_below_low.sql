-- high_below_low: a high below the low by more than 1 %.
-- Severity: fail
-- Formula: high < 0.99 x low (the low less 1 % of its size)
-- Why: a high below the low is impossible. On 2009-11-23 Yahoo has a high of COMEX gold 0.11 %
--      below the low, with a plausible close. Up to 1 % is therefore noted (high_just_below_low)
--      and the row stored
-- Remedy: a correction of high or low, or another source
-- Unit: as bar
-- Grain: instrument_id, session
-- Source: checked
SELECT *, format('high {:.6g} below low {:.6g}', high, low) AS message
FROM checked
WHERE high < low - 0.01 * abs(low)
