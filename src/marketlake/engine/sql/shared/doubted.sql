-- doubted: the instruments whose span has a suspect session, and whether price returns are in doubt
--     too.
-- Formula: suspect sessions after the start, up to the end
-- Unit: true or false
-- Grain: instrument_key
-- Source: span, suspect_session
SELECT s.instrument_key, max(CASE WHEN d.of_price THEN 1 ELSE 0 END) = 1 AS of_price
FROM span AS s
JOIN suspect_session AS d
    ON d.instrument_key = s.instrument_key AND d.session > s.start_session AND d.session <= s.end_session
GROUP BY s.instrument_key
