-- calendar_session: the sessions that count for a pair: each calendar's own, or those that both
--     have.
-- Formula: sessions of the calendars of $wanted; with $sessions = 'shared' only those that all of
--          them have
-- Unit: date label
-- Grain: calendar, session
-- Source: calendar_session
WITH used AS (
    SELECT DISTINCT calendar FROM main.instrument WHERE list_contains($wanted, instrument_id)
),

own AS (
    SELECT c.calendar, c.session FROM main.calendar_session AS c JOIN used AS u ON u.calendar = c.calendar
)

SELECT calendar, session
FROM own
WHERE
    $sessions = 'own'
    OR session IN (SELECT session FROM own GROUP BY session HAVING count(*) = (SELECT count(*) FROM used))
