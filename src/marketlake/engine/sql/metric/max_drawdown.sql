-- max_drawdown: the largest decline from a high, with the sessions of high, low and recovery.
-- Formula: depth of the drawdown of rank 1; 0 where there is none
-- Unit: fraction
-- Grain: instrument_id
-- Source: period_return, drawdown
SELECT
    r.instrument_id, coalesce(min(d.depth), 0) AS value,
    count(*) AS n, min(r.start_session) AS first_session, max(r.session) AS last_session,
    min(d.peak_session) AS start_session, min(d.trough_session) AS end_session,
    min(d.recovery_session) AS recovery_session
FROM period_return AS r
LEFT JOIN drawdown AS d ON d.instrument_id = r.instrument_id AND d.rank = 1
GROUP BY r.instrument_id
