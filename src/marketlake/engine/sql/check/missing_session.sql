-- missing_session: calendar sessions between the first and the last stored session that are not
--     stored.
-- Severity: warn
-- Formula: the sessions of the instrument's calendar from its first to its last stored session,
--          less the stored ones and the assumed ones, which may be holidays; consecutive missing
--          sessions are one finding, on the first of them
-- Why: venues and vendors differ on holidays (COMEX gold lacks 19 sessions of New York's calendar
--      since 2000), and a vendor may not have a day. The stored rows are not wrong
-- Remedy: `marketlake backfill ID --from FIRST --to LAST`; with `--source NAME` from another one of
--         its sources in instruments.toml, if the first does not have them
-- Unit: sessions
-- Grain: instrument_id, session
-- Source: bar, instrument, calendar_session
WITH reach AS (
    SELECT b.instrument_id, n.calendar, min(b.session) AS first_session, max(b.session) AS last_session
    FROM bar AS b
    JOIN instrument AS n ON n.instrument_id = b.instrument_id
    GROUP BY b.instrument_id, n.calendar
),

due AS (
    SELECT r.instrument_id, CAST(year(c.session) AS INTEGER) AS year, count(*) AS sessions
    FROM reach AS r
    JOIN calendar_session AS c ON c.calendar = r.calendar AND c.session BETWEEN r.first_session AND r.last_session
    WHERE NOT c.assumed
    GROUP BY r.instrument_id, year(c.session)
),

held AS (
    SELECT b.instrument_id, b.year, count(*) AS sessions
    FROM bar AS b
    JOIN instrument AS n ON n.instrument_id = b.instrument_id
    JOIN calendar_session AS c ON c.calendar = n.calendar AND c.session = b.session
    WHERE NOT c.assumed
    GROUP BY b.instrument_id, b.year
),

-- years with missing sessions: only these are searched
suspect AS (
    SELECT d.instrument_id, d.year
    FROM due AS d
    LEFT JOIN held AS h ON h.instrument_id = d.instrument_id AND h.year = d.year
    WHERE d.sessions > coalesce(h.sessions, 0)
),

missing AS (
    SELECT
        r.instrument_id, c.session,
        c.place - row_number() OVER (PARTITION BY r.instrument_id ORDER BY c.session) AS stretch
    FROM suspect AS u
    JOIN reach AS r ON r.instrument_id = u.instrument_id
    JOIN calendar_session AS c ON
        c.calendar = r.calendar AND year(c.session) = u.year
        AND c.session BETWEEN r.first_session AND r.last_session
    WHERE
        NOT c.assumed
        AND NOT EXISTS (
            FROM bar AS b
            WHERE b.instrument_id = u.instrument_id AND b.year = u.year AND b.session = c.session
        )
)

SELECT
    instrument_id, min(session) AS session,
    CASE
        WHEN count(*) = 1 THEN 'not stored'
        ELSE format('{} sessions in a row are not stored, to {}', count(*), max(session))
    END AS message
FROM missing
GROUP BY instrument_id, stretch
