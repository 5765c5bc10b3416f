-- edge_fall: the deepest fall within the year in which the window begins, where it does not begin with the year.
-- Formula: least of level / highest level since $first_day - 1. Apart from edge_return, because a window carries along
--          every column of what it reads
-- Unit: fraction, 0 or below
-- Grain: instrument_key
-- Source: daily_return
WITH begun AS (
    SELECT
        instrument_key, session,
        CASE WHEN $basis = 'price' AND price_level IS NOT NULL THEN price_level ELSE total_level END AS level
    FROM daily_return
    WHERE
        year = CASE WHEN month($first_day) > 1 OR dayofmonth($first_day) > 1 THEN year($first_day) END
        AND session >= $first_day AND session <= $last_day
),

risen AS (
    SELECT
        instrument_key, level,
        max(level) OVER (PARTITION BY instrument_key ORDER BY session) AS high
    FROM begun
    WHERE level IS NOT NULL
)

SELECT instrument_key, year($first_day) AS year, min(level / high - 1) AS drawdown
FROM risen
GROUP BY instrument_key
