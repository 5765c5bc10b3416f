-- instrument_coverage: how far each instrument that has a return is stored, by its calendar.
-- Formula: its last stored session; the place of it, and of the last session of what has ended, on the calendar
-- Unit: places count the calendar's sessions from 0
-- Grain: instrument_key
-- Source: year_level, instrument, calendar_session, odd_session
WITH stored AS (
    SELECT instrument_id, max(last_session) AS last_session FROM year_level GROUP BY instrument_id
),

ended AS (
    SELECT n.instrument_key, max(c.place) AS place
    FROM instrument AS n
    JOIN calendar_session AS c ON c.calendar = n.calendar AND c.session <= n.until
    WHERE n.until IS NOT NULL
    GROUP BY n.instrument_key
)

SELECT
    n.instrument_key, n.instrument_id, s.last_session, coalesce(c.place, o.place) AS last_place, e.place AS end_place
FROM stored AS s
JOIN instrument AS n ON n.instrument_id = s.instrument_id
LEFT JOIN calendar_session AS c ON c.calendar = n.calendar AND c.session = s.last_session
LEFT JOIN odd_session AS o ON o.instrument_key = n.instrument_key AND o.session = s.last_session
LEFT JOIN ended AS e ON e.instrument_key = n.instrument_key
