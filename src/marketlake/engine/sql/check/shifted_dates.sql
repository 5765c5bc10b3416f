-- shifted_dates: an answer with its dates shifted: prices on days without a session, next to sessions
--     without a price.
-- Severity: fail (the whole answer)
-- Formula: a row is shifted if it is on no session of the calendar and a session within three days
--          of it, after the answer's first row and before its last, has no row. Fails where two
--          rows or more are, and at least one in 20; of at most seven rows, one is enough on a
--          weekday on which the calendar never has a session
-- Why: one answer in another time zone labels Friday's bars as Saturday's, and Saturdays would stay
--      in the lake for good. Where venues merely differ on a holiday, no session is missing
-- Remedy: the next run requests it again; if the vendor still serves it, choose the calendar of its
--         venue in instruments.toml
-- Unit: days
-- Grain: instrument_id
-- Source: checked, calendar_session
WITH span AS (
    SELECT subject, min(session) AS first_session, max(session) AS last_session, count(*) AS bars
    FROM checked
    WHERE place >= 0
    GROUP BY subject
),

shifted AS (
    SELECT c.*, s.bars
    FROM checked AS c
    JOIN span AS s ON s.subject = c.subject
    WHERE
        c.place >= 0
        AND NOT EXISTS (FROM calendar_session AS d WHERE d.calendar = c.calendar AND d.session = c.session)
        AND EXISTS (
            FROM calendar_session AS d
            WHERE
                d.calendar = c.calendar AND d.session BETWEEN c.session - 3 AND c.session + 3
                AND d.session > s.first_session AND d.session < s.last_session
                AND NOT EXISTS (FROM checked AS o WHERE o.subject = c.subject AND o.session = d.session)
        )
)

SELECT *, format('{} of {} rows are on days without a session, next to sessions without a row', shifts, bars) AS message
FROM (
    SELECT
        s.*, count(*) OVER (PARTITION BY s.subject) AS shifts,
        NOT EXISTS (
            FROM calendar_session AS d WHERE d.calendar = s.calendar AND dayofweek(d.session) = dayofweek(s.session)
        ) AS never
    FROM shifted AS s
)
WHERE (shifts >= 2 AND shifts >= bars / 20) OR (bars <= 7 AND never)
