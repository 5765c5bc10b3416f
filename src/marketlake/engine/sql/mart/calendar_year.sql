-- calendar_year: the sessions of each whole year of a calendar.
-- Formula: first, last and number of the calendar's sessions in the year and in its December
-- Unit: dates and counts
-- Grain: calendar, year
-- Source: calendar_session
SELECT
    calendar,
    CAST(year(session) AS INTEGER) AS year,
    min(session) AS first_session,
    max(session) AS last_session,
    CAST(count(*) AS INTEGER) AS sessions,
    min(CASE WHEN month(session) = 12 THEN session END) AS first_december_session,
    CAST(count(CASE WHEN month(session) = 12 THEN 1 END) AS INTEGER) AS december_sessions
FROM calendar_session
GROUP BY calendar, year(session)
