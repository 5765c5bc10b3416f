-- late: an instrument with more than five sessions overdue.
-- Severity: warn
-- Formula: sessions of its calendar after the last stored one, up to two days before $now and up to
--          its `until`
-- Why: vendors are late by a few sessions (coverage allows five); the stored rows are not wrong
-- Remedy: `marketlake status` shows how the last fetch ended; set `until` in instruments.toml for
--         an instrument that no longer trades
-- Unit: sessions
-- Grain: instrument_id
-- Source: bar, instrument, calendar_session
WITH reach AS (
    SELECT instrument_id, max(session) AS session
    FROM bar
    GROUP BY instrument_id
)

SELECT
    r.instrument_id, r.session,
    format('{} sessions are due after it', count(*)) AS message
FROM reach AS r
JOIN instrument AS n ON n.instrument_id = r.instrument_id
JOIN calendar_session AS c ON c.calendar = n.calendar AND c.session > r.session
WHERE
    c.session <= CAST(make_timestamptz(epoch_us($now)) AS DATE) - 2
    AND c.session <= coalesce(n.until, DATE '9999-12-31')
GROUP BY r.instrument_id, r.session
HAVING count(*) > 5
