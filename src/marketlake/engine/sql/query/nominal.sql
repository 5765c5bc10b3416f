-- nominal: no inflation, for returns that are not real.
-- Formula: no rows
-- Unit: -
-- Grain: year
-- Source: -
SELECT 0 AS year, CAST(1 AS DOUBLE) AS ratio
WHERE FALSE
