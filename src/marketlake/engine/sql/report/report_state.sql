-- report_state: the stored data and the data quality of each instrument.
-- Formula: due       sessions of the calendar after the last stored one that had ended the day
--          before the build
--          gaps      sessions of the calendar between the first and the last stored one that are
--          not stored
--          revised   rows that a vendor restated; quarantined rows failed a check; noted rows are
--          stored
--          sessions_off of sessions_compared: sessions on which the sources differed in the latest
--          comparison
--          outcome, message: of the last fetch, comparisons excluded
-- Unit: counts of sessions and rows
-- Grain: instrument_id
-- Source: instrument, bar, calendar_session, revision, quarantine, finding, run, reconciled,
--         reconciled_pair, lake
WITH stored AS (
    SELECT
        b.instrument_id, count(*) AS bars, min(b.session) AS first_session, max(b.session) AS last_session,
        count(c.session) AS known
    FROM main.bar AS b
    JOIN main.instrument AS n ON n.instrument_id = b.instrument_id
    LEFT JOIN main.calendar_session AS c ON c.calendar = n.calendar AND c.session = b.session
    GROUP BY b.instrument_id
),

expected AS (
    SELECT
        s.instrument_id,
        count(CASE WHEN c.session BETWEEN s.first_session AND s.last_session THEN 1 END) AS within,
        count(CASE
            WHEN c.session > s.last_session AND c.session < least(coalesce(n.until + 1, DATE '9999-12-31'), CAST(l.built_at AS DATE))
                THEN 1
        END) AS due
    FROM stored AS s
    JOIN main.instrument AS n ON n.instrument_id = s.instrument_id
    JOIN main.calendar_session AS c ON c.calendar = n.calendar
    CROSS JOIN main.lake AS l
    GROUP BY s.instrument_id
),

revised AS (SELECT instrument_id, count(*) AS rows FROM main.revision GROUP BY instrument_id),

quarantined AS (SELECT instrument_id, count(*) AS rows FROM main.quarantine GROUP BY instrument_id),

noted AS (SELECT instrument_id, count(*) AS rows FROM main.finding GROUP BY instrument_id),

last_run AS (
    SELECT instrument_id, max_by(outcome, started_at) AS outcome, max_by(message, started_at) AS message
    FROM main.run
    WHERE mode <> 'reconcile'
    GROUP BY instrument_id
),

compared AS (
    SELECT instrument_id, count(*) AS sessions, count(CASE WHEN cause <> 'agrees' THEN 1 END) AS sessions_off
    FROM main.reconciled
    GROUP BY instrument_id
),

pair_message AS (
    SELECT instrument_id, string_agg(message, '; ' ORDER BY source_a, source_b) AS message
    FROM main.reconciled_pair
    WHERE message <> ''
    GROUP BY instrument_id
)

SELECT
    n.instrument_id AS id, n.name, coalesce(s.bars, 0) AS bars, s.first_session, s.last_session, n.until,
    coalesce(e.due, 0) AS due, coalesce(e.within - s.known, 0) AS gaps,
    coalesce(v.rows, 0) AS revised, coalesce(q.rows, 0) AS quarantined, coalesce(f.rows, 0) AS noted,
    c.sessions AS sessions_compared, c.sessions_off, coalesce(d.message, '') AS disagreement,
    coalesce(r.outcome, 'never fetched') AS outcome, coalesce(r.message, '') AS message
FROM main.instrument AS n
LEFT JOIN stored AS s ON s.instrument_id = n.instrument_id
LEFT JOIN expected AS e ON e.instrument_id = n.instrument_id
LEFT JOIN revised AS v ON v.instrument_id = n.instrument_id
LEFT JOIN quarantined AS q ON q.instrument_id = n.instrument_id
LEFT JOIN noted AS f ON f.instrument_id = n.instrument_id
LEFT JOIN last_run AS r ON r.instrument_id = n.instrument_id
LEFT JOIN compared AS c ON c.instrument_id = n.instrument_id
LEFT JOIN pair_message AS d ON d.instrument_id = n.instrument_id
ORDER BY n.rowid
