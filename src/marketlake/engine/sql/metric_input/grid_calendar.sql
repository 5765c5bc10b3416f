-- grid_calendar: the calendars that give the sessions of an instrument's returns, alone (own) and
--     with the benchmark (pair).
-- Formula: own is the instrument's calendar, pair that and the benchmark's; with $sessions =
--          'shared' both are the calendars of all requested instruments
-- Unit: -
-- Grain: instrument_id, kind, calendar
-- Source: instrument
WITH named AS (
    SELECT instrument_id, calendar FROM instrument WHERE list_contains($wanted, instrument_id)
)

SELECT DISTINCT
    w.instrument_id, k.kind, o.calendar,
    CASE
        WHEN $sessions = 'shared' THEN 'shared'
        WHEN k.kind = 'own' THEN w.calendar
        ELSE concat(w.calendar, ' and ', b.calendar)
    END AS grid
FROM named AS w
CROSS JOIN (VALUES ('own'), ('pair')) AS k (kind)
LEFT JOIN named AS b ON b.instrument_id = $benchmark
JOIN named AS o
    ON o.instrument_id = w.instrument_id OR $sessions = 'shared' OR (k.kind = 'pair' AND o.instrument_id = $benchmark)
WHERE k.kind = 'own' OR (b.instrument_id IS NOT NULL AND w.instrument_id <> b.instrument_id)
