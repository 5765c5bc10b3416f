-- total_return: the return of the whole window, not annualised.
-- Formula: growth - 1, where growth is the level at the end of the window over the level at its
--          start (the last session before it); n counts the sessions in between. Independent of the
--          frequency
-- Unit: fraction
-- Grain: instrument_id
-- Source: metric_span, metric_return
SELECT
    s.instrument_id, max(s.growth) - 1 AS value, count(r.session) AS n,
    max(s.start_session) AS first_session, max(s.end_session) AS last_session
FROM metric_span AS s
LEFT JOIN metric_return AS r
    ON r.instrument_id = s.instrument_id AND r.session > s.start_session AND r.session <= s.end_session
GROUP BY s.instrument_id
