-- off_calendar: a price on a day that is not a session of the instrument's calendar.
-- Severity: warn
-- Formula: the session is not in calendar_session of the calendar
-- Why: venues and vendors differ on holidays: since 2000 Yahoo serves COMEX gold on 3 days and
--      silver on 4 days on which New York was closed. The calendar has special closings such as
--      2025-01-09, a national day of mourning
-- Remedy: choose a calendar in instruments.toml that fits the vendor
-- Unit: -
-- Grain: instrument_id, session
-- Source: checked, calendar_session
SELECT c.*, format('no session of {}', c.calendar) AS message
FROM checked AS c
WHERE NOT EXISTS (FROM calendar_session AS s WHERE s.calendar = c.calendar AND s.session = c.session)
