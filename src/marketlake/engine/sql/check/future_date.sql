-- future_date: a session later than the vendor's own date.
-- Severity: fail
-- Formula: session > the date of the answer (HTTP header Date) in the calendar's time zone. Not
--          judged for files, which have no such header
-- Why: the clock of a run may be pinned to the past. Later sessions are then normal and are dropped
--      without a finding
-- Remedy: the next run requests the session again; if it persists, check the symbol and the source
-- Unit: -
-- Grain: a served row
-- Source: served, subject
SELECT s.*, format('served on {}', n.vendor_date) AS message
FROM served AS s
JOIN subject AS n ON n.instrument_id = s.instrument_id
WHERE s.session > n.vendor_date
