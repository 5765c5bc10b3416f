-- off_calendar: a price on a day that is no session of the instrument's calendar.
-- Severity: warn
-- Formula: the session is not in calendar_session of the calendar
-- Why: venues and vendors differ over holidays: Yahoo serves COMEX gold on 3 and silver on 4 days since 2000 that New
--      York closed. A special closing such as 2025-01-09, when New York mourned a president, is on the calendar
-- Remedy: a calendar that fits the vendor in instruments.toml
-- Unit: -
-- Grain: instrument_id, session
-- Source: checked, calendar_session
SELECT c.*, format('no session of {}', c.calendar) AS message
FROM checked AS c
WHERE NOT EXISTS (FROM calendar_session AS s WHERE s.calendar = c.calendar AND s.session = c.session)
