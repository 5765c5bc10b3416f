-- close_outside_range: a close outside the range from low to high.
-- Severity: warn
-- Formula: close > high + slack or close < low - slack; slack = 0.0001 x abs(close)
-- Why: futures settle outside the traded range: on 430 of 6,106 days of COMEX gold and 242 of 6,108
--      of silver. The row is therefore stored
-- Remedy: none needed for settlements; otherwise a correction
-- Unit: as bar
-- Grain: instrument_id, session
-- Source: checked
SELECT *, format('close {:.6g} outside {:.6g} to {:.6g}', close, low, high) AS message
FROM checked
WHERE close > high + 1e-4 * abs(close) OR close < low - 1e-4 * abs(close)
