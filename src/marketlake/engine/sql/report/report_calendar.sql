-- report_calendar: every session of the calendars in use, in the whole years that the lake spans.
-- Formula: calendar_session; day counts from 1970-01-01
-- Unit: -
-- Grain: calendar, day
-- Source: calendar_session, instrument
SELECT calendar, session - DATE '1970-01-01' AS day
FROM main.calendar_session
WHERE calendar IN (SELECT calendar FROM main.instrument WHERE asset_class NOT IN ('rate', 'inflation'))
ORDER BY calendar, day
