-- aligned_returns(ids): the returns of several instruments over the sessions that all of them have, each in
--     its own currency.
-- Formula: level / level of the shared session before - 1, where a level is return_index on the basis
--          (total where only that is stored); known_at is the latest of both sessions' levels
-- Unit: fraction
-- Grain: session, instrument_id
-- Source: bar, instrument
CREATE MACRO aligned_returns(ids, basis := 'price') AS TABLE
WITH bar AS (
    SELECT b.*
    FROM main.bar AS b
    JOIN (SELECT DISTINCT unnest($ids) AS instrument_id) AS w ON w.instrument_id = b.instrument_id
),

-- from the bars of these instruments: a filter on the view would come after the view has read all
return_index AS (
    -- include: view/return_index
),

chosen AS (
    SELECT
        r.instrument_id, r.session, r.known_at,
        CASE
            WHEN n.return_basis = 'total' OR basis = 'total' THEN r.total_index
            WHEN basis = 'price' THEN r.price_index
            WHEN basis = 'vendor_adjusted' THEN r.vendor_adjusted_index
        END AS level
    FROM return_index AS r
    JOIN instrument AS n ON n.instrument_id = r.instrument_id
),

shared AS (
    SELECT session, max(known_at) AS known_at
    FROM chosen
    WHERE level IS NOT NULL
    GROUP BY session
    HAVING count(*) = len(list_distinct($ids))
),

step AS (
    SELECT
        c.session, c.instrument_id, lag(c.session) OVER past AS start_session,
        c.level / lag(c.level) OVER past - 1 AS simple_return,
        greatest(s.known_at, lag(s.known_at) OVER past) AS known_at
    FROM chosen AS c
    JOIN shared AS s ON s.session = c.session
    WINDOW past AS (PARTITION BY c.instrument_id ORDER BY c.session)
)

SELECT session, instrument_id, start_session, simple_return, known_at
FROM step
WHERE start_session IS NOT NULL
ORDER BY session, instrument_id
