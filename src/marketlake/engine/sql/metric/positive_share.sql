-- positive_share: the share of periods with a return above 0.
-- Formula: count(return > 0) / n
-- Unit: fraction
-- Grain: instrument_id
-- Source: period_return
SELECT
    instrument_id, avg(CASE WHEN simple_return > 0 THEN 1.0 ELSE 0.0 END) AS value,
    count(*) AS n, min(start_session) AS first_session, max(session) AS last_session
FROM period_return
GROUP BY instrument_id
