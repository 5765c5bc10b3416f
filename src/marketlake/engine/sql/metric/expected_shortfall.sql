-- expected_shortfall: the mean return of the periods at or below the value at risk (historical, 95
--     %).
-- Formula: mean of returns <= value_at_risk; a loss is negative
-- Unit: fraction
-- Grain: instrument_id
-- Source: period_return, value_at_risk
SELECT
    r.instrument_id, avg(CASE WHEN r.simple_return <= v.value THEN r.simple_return END) AS value,
    count(*) AS n, min(r.start_session) AS first_session, max(r.session) AS last_session
FROM period_return AS r
JOIN value_at_risk AS v ON v.instrument_id = r.instrument_id
GROUP BY r.instrument_id
