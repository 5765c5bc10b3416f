-- span_quality: the quality flags of each instrument's window.
-- Formula: the window starts at the last stored session before $first_day (the first one within, if
--          there is none) and ends at the last one up to $last_day, with or without a price;
--          priced: both have one.
--          complete  both are the calendar's own last sessions
--          gap       a calendar session between them is not stored
--          no_price  a stored session has no price
--          suspect   a suspect_session after the start, up to the end; suspect_price: also for price
--          returns
--          stale     more than 5 sessions that had ended when the lake was built, up to $last_day,
--          are later than the last one stored
-- Unit: true or false
-- Grain: instrument_key
-- Source: span_moment, instrument, instrument_coverage, odd_session, calendar_session,
--         suspect_session
WITH unpriced AS (
    SELECT
        instrument_key,
        max(CASE WHEN session < $first_day THEN session END) AS latest_before,
        min(CASE WHEN session >= $first_day THEN session END) AS earliest_within,
        max(session) AS latest
    FROM internal.odd_session
    WHERE NOT priced AND session <= $last_day
    GROUP BY instrument_key
),

span AS (
    SELECT
        m.instrument_key, m.n, m.first_session, m.last_session,
        CASE
            WHEN m.first_session < $first_day THEN greatest(m.first_session, u.latest_before)
            ELSE coalesce(u.latest_before, least(m.first_session, u.earliest_within))
        END AS start_session,
        greatest(m.last_session, u.latest) AS end_session
    FROM span_moment AS m
    LEFT JOIN unpriced AS u ON u.instrument_key = m.instrument_key
),

odd AS (
    SELECT
        s.instrument_key,
        sum(CASE WHEN o.session > s.start_session THEN o.off_by ELSE 0 END) AS off_by,
        max(CASE WHEN o.priced THEN 0 ELSE 1 END) = 1 AS no_price
    FROM span AS s
    JOIN internal.odd_session AS o
        ON o.instrument_key = s.instrument_key AND o.session >= s.start_session AND o.session <= s.end_session
    GROUP BY s.instrument_key
),

due AS (
    SELECT
        c.calendar,
        max(CASE WHEN c.session < $first_day THEN c.session END) AS start_session,
        max(CASE WHEN c.session <= $last_day THEN c.session END) AS end_session
    FROM calendar_session AS c
    GROUP BY c.calendar
),

doubted AS (
    -- include: shared/doubted
)

SELECT
    s.instrument_key,
    coalesce(s.start_session = d.start_session AND s.end_session = d.end_session, FALSE) AS complete,
    s.start_session = s.first_session AND s.end_session = s.last_session AS priced,
    s.n + CASE WHEN s.start_session < s.first_session THEN 1 ELSE 0 END + coalesce(o.off_by, 0)
        < coalesce(b.place, w.place) - coalesce(a.place, v.place) AS gap,
    coalesce(o.no_price, FALSE) AS no_price,
    u.instrument_key IS NOT NULL AS suspect, coalesce(u.of_price, FALSE) AS suspect_price,
    coalesce(t.stale_from <= $last_day, FALSE) AS stale
FROM span AS s
JOIN instrument AS n ON n.instrument_key = s.instrument_key
LEFT JOIN doubted AS u ON u.instrument_key = s.instrument_key
JOIN internal.instrument_coverage AS t ON t.instrument_key = s.instrument_key
JOIN due AS d ON d.calendar = n.calendar
LEFT JOIN odd AS o ON o.instrument_key = s.instrument_key
LEFT JOIN calendar_session AS a ON a.calendar = n.calendar AND a.session = s.start_session
LEFT JOIN calendar_session AS b ON b.calendar = n.calendar AND b.session = s.end_session
LEFT JOIN internal.odd_session AS v ON v.instrument_key = s.instrument_key AND v.session = s.start_session
LEFT JOIN internal.odd_session AS w ON w.instrument_key = s.instrument_key AND w.session = s.end_session
