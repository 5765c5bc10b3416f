-- close_outside_range: a close outside the range from low to high.
-- Severity: warn
-- Formula: close > high + slack or close < low - slack; slack = 0.0001 x abs(close); for metals, 4 x
--          sigma x abs(close), 0.05 where sigma is unknown
-- Why: futures settle outside the traded range: on 430 of 6,106 days of COMEX gold and 242 of 6,108
--      of silver, by up to 3.2 sigma. No share, index or coin of the tests closes outside it
-- Remedy: none needed for settlements; otherwise a correction
-- Unit: as bar
-- Grain: instrument_id, session
-- Source: checked
SELECT *, format('close {:.6g} outside {:.6g} to {:.6g}', close, low, high) AS message
FROM checked
WHERE close > high + range_slack * abs(close) OR close < low - range_slack * abs(close)
