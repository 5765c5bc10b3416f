-- edge_fall: the maximum drawdown of an instrument in each year that the window cuts.
-- Formula: where the window continues to the year's end, the minimum of lowest remaining level /
--          level from $first_day on; where it continues from the year's start, of level / highest
--          level so far up to $last_day; both are stored. Where it does neither, the minimum of
--          level / highest level since $first_day. Less 1
-- Unit: fraction, 0 or below
-- Grain: instrument_key, year
-- Source: internal.fall, daily_return
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
UNION ALL
SELECT
    instrument_key, year($first_day) AS year,
    min(CASE WHEN $basis = 'price' AND price_fall_ahead IS NOT NULL THEN price_fall_ahead ELSE total_fall_ahead END) - 1
        AS drawdown
FROM internal.fall
WHERE
    year = CASE
        WHEN (month($first_day) > 1 OR dayofmonth($first_day) > 1)
            AND (year($last_day) > year($first_day) OR (month($last_day) = 12 AND dayofmonth($last_day) = 31))
            THEN year($first_day)
    END
    AND session >= $first_day
GROUP BY instrument_key
UNION ALL
SELECT
    instrument_key, year($last_day) AS year,
    min(CASE WHEN $basis = 'price' AND price_fall IS NOT NULL THEN price_fall ELSE total_fall END) - 1 AS drawdown
FROM internal.fall
WHERE
    year = (
        -- include: shared/last_cut
    )
    AND session <= $last_day
GROUP BY instrument_key
