-- future_date: a session that had not begun where the vendor is, by the vendor's own clock.
-- Severity: fail
-- Formula: session > the date of the answer (its header Date) in the calendar's zone. Not judged where the vendor
--          tells no time (files)
-- Why: the run's own clock may be pinned to the past, and then later sessions are no fault; those are left out
--      without a word
-- Remedy: the next run asks again; the symbol or the source is to be looked at where it stays
-- Unit: -
-- Grain: a served row
-- Source: served, subject
SELECT s.*, format('served on {}', n.vendor_date) AS message
FROM served AS s
JOIN subject AS n ON n.instrument_id = s.instrument_id
WHERE s.session > n.vendor_date
