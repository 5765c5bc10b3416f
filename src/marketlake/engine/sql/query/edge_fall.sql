-- edge_fall: the maximum drawdown of a window that starts and ends within one year.
-- Formula: minimum of level / highest level since $first_day - 1. Only in such a window do both the
--          running high and the remaining low differ from those of the year. Separate from
--          edge_return, because a window function carries every column that it reads
-- Unit: fraction, 0 or below
-- Grain: instrument_key
-- Source: daily_return
WITH begun AS (
    SELECT
        instrument_key, session,
        CASE WHEN $basis = 'price' AND price_level IS NOT NULL THEN price_level ELSE total_level END AS level
    FROM daily_return
    WHERE
        year = CASE
            WHEN year($last_day) = year($first_day) AND (month($first_day) > 1 OR dayofmonth($first_day) > 1)
                AND (month($last_day) < 12 OR dayofmonth($last_day) < 31)
                THEN year($first_day)
        END
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
