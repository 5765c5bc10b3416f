-- value_at_risk: the period return below which one in twenty falls (historical, 95 %).
-- Formula: 5 % quantile of simple returns, interpolated linearly between neighbours; a loss is
--          negative
-- Unit: fraction
-- Grain: instrument_id
-- Source: period_return
SELECT
    instrument_id, percentile_cont(0.05) WITHIN GROUP (ORDER BY simple_return) AS value,
    count(*) AS n, min(start_session) AS first_session, max(session) AS last_session
FROM period_return
GROUP BY instrument_id
