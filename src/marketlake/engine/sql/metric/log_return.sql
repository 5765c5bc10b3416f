-- log_return: the continuously compounded return of the whole window.
-- Formula: ln(growth)
-- Unit: log
-- Grain: instrument_id
-- Source: metric_span, metric_return
SELECT
    s.instrument_id, ln(max(s.growth)) AS value, count(r.session) AS n,
    max(s.start_session) AS first_session, max(s.end_session) AS last_session
FROM metric_span AS s
LEFT JOIN metric_return AS r
    ON r.instrument_id = s.instrument_id AND r.session > s.start_session AND r.session <= s.end_session
GROUP BY s.instrument_id
