-- year_win: the number of calendar years in which each instrument returned more than each other.
-- Formula: wins counts the years in which a's return is higher than b's, ties those with equal
--          returns; years counts those from $first_year to $last_year that are complete for both,
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
)

SELECT
    x.place AS a, y.place AS b,
    count(CASE WHEN x.simple_return > y.simple_return THEN 1 END) AS wins,
    count(CASE WHEN x.simple_return = y.simple_return THEN 1 END) AS ties,
    count(*) AS years, min(x.year) AS first_year, max(x.year) AS last_year
FROM judged AS x
JOIN judged AS y ON y.year = x.year
GROUP BY x.place, y.place
