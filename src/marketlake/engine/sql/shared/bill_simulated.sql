-- bill_simulated: whether the bill's yields that returns are set against are made up.
-- Formula: wholly, or between the ends of months where returns do not run from one to another
-- Unit: true or false
-- Grain: bill b
-- Source: b
coalesce(b.synthetic = 'all' OR (b.synthetic = 'daily' AND NOT (
    -- include: shared/by_month
)), FALSE)
