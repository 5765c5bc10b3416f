-- pose: every step of every target as a separate instrument, with the last row that has new values.
-- Formula: step 0 has no new values, step n those up to the row in place n, the step after the last
--          all; number counts all steps, so that they can be computed in batches
-- Unit: -
-- Grain: target, place
-- Source: step, explain_scope
WITH target AS (
    SELECT s.target, min(s.first_year) AS first_year, min(s.last_year) AS last_year, max(coalesce(t.steps, 0)) AS steps
    FROM explain_scope AS s
    LEFT JOIN (SELECT target, max(place) AS steps FROM step GROUP BY target) AS t ON t.target = s.target
    GROUP BY s.target
),

every AS (
    SELECT s.target, s.place, s.session, s.rate, s.instrument_id FROM step AS s
    UNION ALL
    SELECT target, 0, DATE '0001-01-01', FALSE, '' FROM target
    UNION ALL
    SELECT target, steps + 1, DATE '9999-12-31', TRUE, '' FROM target
)

SELECT
    concat(e.target, '/', e.place) AS posed, e.target, e.place, e.session, e.rate, e.instrument_id,
    t.first_year, t.last_year, row_number() OVER (ORDER BY e.target, e.place) - 1 AS number
FROM every AS e
JOIN target AS t ON t.target = e.target
