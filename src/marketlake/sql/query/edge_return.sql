-- edge_return: the daily returns of the years that the window cuts: at most its first and its last.
-- Formula: rows of daily_return from $first_day to $last_day in those years; what is stored as total return only is taken
--          as that. Where the window only ends within a year the highs of the mart hold; where it begins within one there
--          is none (high is the level itself) and edge_fall has the deepest fall
-- Unit: fraction; levels in the quote currency
-- Grain: instrument_id (its key), session
-- Source: daily_return
WITH begun AS (
    SELECT
        instrument_key, year, session, start_session, riskless,
        CASE WHEN $basis = 'price' AND price_level IS NOT NULL THEN price_return ELSE total_return END AS simple_return,
        CASE WHEN $basis = 'price' AND price_level IS NOT NULL THEN price_level ELSE total_level END AS level
    FROM daily_return
    WHERE
        year = CASE WHEN month($first_day) > 1 OR dayofmonth($first_day) > 1 THEN year($first_day) END
        AND session >= $first_day AND session <= $last_day
),

ended AS (
    SELECT
        instrument_key, year, session, start_session, riskless,
        CASE WHEN $basis = 'price' AND price_level IS NOT NULL THEN price_return ELSE total_return END AS simple_return,
        CASE WHEN $basis = 'price' AND price_level IS NOT NULL THEN price_level ELSE total_level END AS level,
        CASE WHEN $basis = 'price' AND price_level IS NOT NULL THEN price_high ELSE total_high END AS high
    FROM daily_return
    WHERE
        year = CASE
            WHEN (month($last_day) < 12 OR dayofmonth($last_day) < 31)
                AND (year($last_day) > year($first_day) OR (month($first_day) = 1 AND dayofmonth($first_day) = 1))
                THEN year($last_day)
        END
        AND session <= $last_day
)

SELECT
    instrument_key AS instrument_id, year, session, start_session, riskless, $basis AS basis, simple_return, level,
    level AS high
FROM begun
WHERE level IS NOT NULL
UNION ALL
SELECT instrument_key AS instrument_id, year, session, start_session, riskless, $basis AS basis, simple_return, level, high
FROM ended
WHERE level IS NOT NULL
