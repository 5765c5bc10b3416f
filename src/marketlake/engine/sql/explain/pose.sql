-- pose: the steps from $low to $high, each posing as an instrument, and up to which row it has the new values.
-- Formula: step 0 none, step n those up to the row in place n, the step beyond the last all
-- Unit: -
-- Grain: step
-- Source: step
SELECT CAST(s.place AS VARCHAR) AS posed, s.place, s.session, s.rate, s.instrument_id
FROM step AS s
WHERE s.place BETWEEN $low AND $high
UNION ALL
SELECT '0', 0, DATE '0001-01-01', FALSE, ''
WHERE $low = 0
UNION ALL
SELECT CAST($steps + 1 AS VARCHAR), $steps + 1, DATE '9999-12-31', TRUE, ''
WHERE $high > $steps
