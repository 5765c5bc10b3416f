-- odd_session: the stored sessions with a close of 0 or below, or unknown to the calendar; they are
--     rare.
-- Formula: bars of the years in which the number of returns differs from the number of stored
--          calendar sessions, or with a close of 0 or below; off_by is the number to add to the
--          number of returns to get the number of stored sessions due
-- Unit: -
-- Grain: instrument_key, session
-- Source: bar, year_level, metric_state, instrument, calendar_session
WITH suspect AS (
    SELECT l.instrument_id, l.year
    FROM year_level AS l
    LEFT JOIN internal.metric_state AS s ON s.instrument_id = l.instrument_id AND s.year = l.year AND s.basis = 'total'
    WHERE l.sessions <> coalesce(s.returns + CASE WHEN s.start_session < s.first_session THEN 0 ELSE 1 END, 0)
    UNION
    SELECT instrument_id, year FROM bar WHERE NOT close > 0
),

odd AS (
    SELECT n.instrument_key, n.calendar, b.session, b.close > 0 AS priced, c.place
    FROM suspect AS u
    JOIN instrument AS n ON n.instrument_id = u.instrument_id AND n.asset_class <> 'rate'
    JOIN bar AS b ON b.instrument_id = u.instrument_id AND b.year = u.year
    LEFT JOIN calendar_session AS c ON c.calendar = n.calendar AND c.session = b.session
    WHERE c.session IS NULL OR NOT b.close > 0
)

SELECT
    o.instrument_key, o.session, o.priced,
    coalesce(max(c.place), -1) AS place,
    CASE WHEN o.place IS NOT NULL THEN 1 ELSE 0 END - CASE WHEN o.priced THEN 1 ELSE 0 END AS off_by
FROM odd AS o
LEFT JOIN calendar_session AS c ON c.calendar = o.calendar AND c.session <= o.session
GROUP BY o.instrument_key, o.session, o.priced, o.place
ORDER BY o.instrument_key, o.session
