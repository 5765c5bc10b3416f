-- quarantined: rows in quarantine that no later answer has replaced.
-- Formula: the latest row of quarantine per check, instrument, session and source, unless the
--          session is stored, or none of the calendar, and a later fetch that requested it succeeded
-- Unit: as bar
-- Grain: check, instrument_id, session, source
-- Source: quarantine, bar, run, instrument, calendar_session
WITH latest AS (
    SELECT *
    FROM quarantine
    QUALIFY row_number() OVER (PARTITION BY reason, instrument_id, session, source ORDER BY observed_at DESC) = 1
)

SELECT
    q.reason AS "check", q.instrument_id, q.session,
    concat_ws(
        ', ', 'close ' || q.close, 'open ' || q.open, 'high ' || q.high, 'low ' || q.low, 'volume ' || q.volume,
        CASE WHEN q.dividend <> 0 THEN 'dividend ' || q.dividend END, CASE WHEN q.split <> 1 THEN 'split ' || q.split END
    ) AS message,
    q.source, q.observed_at AS seen_at
FROM latest AS q
WHERE
    (
        NOT EXISTS (FROM bar AS b WHERE b.instrument_id = q.instrument_id AND b.session = q.session)
        AND EXISTS (
            FROM instrument AS n
            JOIN calendar_session AS c ON c.calendar = n.calendar
            WHERE n.instrument_id = q.instrument_id AND c.session = q.session
        )
    )
    OR NOT EXISTS (
        FROM run AS r
        WHERE
            r.instrument_id = q.instrument_id AND r.started_at > q.observed_at AND r.outcome IN ('ok', 'no_new_data')
            AND r.mode NOT IN ('reconcile', 'correction') AND q.session BETWEEN r.requested_from AND r.requested_to
    )
