-- year_win: the number of calendar years in which each instrument returned more than each other.
-- Formula: wins counts the years in which a's return is higher than b's, ties those with equal
--          returns (shared/lead); years counts those from $first_year to $last_year that are complete for both,
--          with figures and without simulated data
-- Unit: years
-- Grain: a, b (places of matrix_member; includes each with itself)
-- Source: year_figure, matrix_member
WITH judged AS (
    SELECT m.place, f.year, f.simple_return
    FROM year_figure AS f
    JOIN matrix_member AS m ON m.instrument_id = f.instrument_id
    WHERE
        f.complete AND f.simple_return IS NOT NULL AND f.quality NOT LIKE '%simulated%'
        AND f.year >= $first_year AND f.year <= $last_year
),

compared AS (
    SELECT
        x.place AS a, y.place AS b, x.year,
        -- include: shared/lead
        AS ahead_by
    FROM judged AS x
    JOIN judged AS y ON y.year = x.year
)

SELECT
    a, b,
    count(CASE WHEN ahead_by > 0 THEN 1 END) AS wins,
    count(CASE WHEN ahead_by = 0 THEN 1 END) AS ties,
    count(*) AS years, min(year) AS first_year, max(year) AS last_year
FROM compared
GROUP BY a, b
