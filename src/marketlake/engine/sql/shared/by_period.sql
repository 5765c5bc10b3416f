-- by_period: whether a pair's returns run from each one's own last session of a period to that of the next.
-- Formula: by month, quarter or year, where shared sessions are not requested
-- Unit: true or false
-- Grain: one value
-- Source: the terms of the question
$frequency IN ('monthly', 'quarterly', 'yearly') AND $sessions = 'own'
