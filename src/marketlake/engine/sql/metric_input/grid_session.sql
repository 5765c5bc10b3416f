-- grid_session: the sessions that all calendars of a grid have.
-- Formula: intersection of the calendars
-- Unit: date label
-- Grain: grid, session
-- Source: grid_calendar, calendar_session
WITH member AS (
    SELECT DISTINCT grid, calendar FROM grid_calendar
),

size AS (
    SELECT grid, count(*) AS calendars FROM member GROUP BY grid
)

SELECT m.grid, c.session
FROM member AS m
JOIN calendar_session AS c ON c.calendar = m.calendar
JOIN size AS s ON s.grid = m.grid
GROUP BY m.grid, c.session, s.calendars
HAVING count(*) = s.calendars
