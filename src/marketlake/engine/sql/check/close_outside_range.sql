-- close_outside_range: a close that lies outside the low and high.
-- Severity: warn
-- Formula: close > high + slack or close < low - slack; slack = 0.0001 x abs(close)
-- Why: settlements of futures do that: on 430 of 6,106 days of COMEX gold and 242 of 6,108 of silver. So the row is
--      stored
-- Remedy: none needed for settlements; a correction elsewhere
-- Unit: as bar
-- Grain: instrument_id, session
-- Source: checked
SELECT *, format('close {:.6g} outside {:.6g} to {:.6g}', close, low, high) AS message
FROM checked
WHERE close > high + 1e-4 * abs(close) OR close < low - 1e-4 * abs(close)
