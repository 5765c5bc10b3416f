-- best_period: the highest return of a period, with its start and end.
-- Formula: max(simple_return); of equal ones the earliest
-- Unit: fraction
-- Grain: instrument_id
-- Source: period_return
WITH ranked AS (
    SELECT
        instrument_id, start_session, session, simple_return,
        row_number() OVER (PARTITION BY instrument_id ORDER BY simple_return DESC, session) AS place
    FROM period_return
)

SELECT
    instrument_id, max(simple_return) AS value,
    count(*) AS n, min(start_session) AS first_session, max(session) AS last_session,
    max(CASE WHEN place = 1 THEN start_session END) AS start_session,
    max(CASE WHEN place = 1 THEN session END) AS end_session
FROM ranked
GROUP BY instrument_id
