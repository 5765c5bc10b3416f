-- open_outside_range: an open that lies outside the low and high.
-- Severity: warn
-- Formula: open > high + slack or open < low - slack; slack = 0.0001 x abs(open)
-- Why: on 56 of 6,106 days of COMEX gold, 3 of 6,108 of silver and none of the shares, indices and coins at hand; no
--      return is made of opens
-- Remedy: a correction of open, where the day matters
-- Unit: as bar
-- Grain: instrument_id, session
-- Source: checked
SELECT *, format('open {:.6g} outside {:.6g} to {:.6g}', open, low, high) AS message
FROM checked
WHERE open > high + 1e-4 * abs(open) OR open < low - 1e-4 * abs(open)
