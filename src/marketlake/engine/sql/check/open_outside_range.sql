-- open_outside_range: an open outside the range from low to high.
-- Severity: warn
-- Formula: open > high + slack or open < low - slack; slack as for
--          close_outside_range
-- Why: found on 56 of 6,106 days of COMEX gold, on 3 of 6,108 of silver and on none of the tested
--      shares, indices and coins, once by more than 4 sigma. No return uses the open
-- Remedy: a correction of open, if the day matters
-- Unit: as bar
-- Grain: instrument_id, session
-- Source: checked
SELECT *, format('open {:.6g} outside {:.6g} to {:.6g}', open, low, high) AS message
FROM checked
WHERE open > high + range_slack * abs(open) OR open < low - range_slack * abs(open)
