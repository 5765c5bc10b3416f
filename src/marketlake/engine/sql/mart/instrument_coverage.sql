-- instrument_coverage: the last stored session of each instrument that has a return, and when it
--     becomes stale.
-- Formula: stale_from is the sixth session of the calendar after the last stored one, if it had
--          ended when the lake was built and the instrument still traded then
-- Unit: -
-- Grain: instrument_key
-- Source: year_level, instrument, calendar_session, odd_session, lake
WITH stored AS (
    SELECT instrument_id, max(through_session) AS last_session FROM year_level GROUP BY instrument_id
)

SELECT n.instrument_key, n.instrument_id, s.last_session, l.session AS stale_from
FROM stored AS s
JOIN instrument AS n ON n.instrument_id = s.instrument_id
CROSS JOIN lake AS b
LEFT JOIN calendar_session AS c ON c.calendar = n.calendar AND c.session = s.last_session
LEFT JOIN internal.odd_session AS o ON o.instrument_key = n.instrument_key AND o.session = s.last_session
LEFT JOIN calendar_session AS l
    ON l.calendar = n.calendar AND l.place = coalesce(c.place, o.place) + 6
    AND l.session < CAST(b.built_at AS DATE) AND l.session <= coalesce(n.until, l.session)
