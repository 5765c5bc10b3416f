-- volatility: the standard deviation of returns, annualised.
-- Formula: sample standard deviation (n - 1) of simple returns x sqrt(periods per year)
-- Unit: fraction
-- Grain: instrument_id
-- Source: period_return
SELECT
    instrument_id, stddev_samp(simple_return) * sqrt(max(periods_per_year)) AS value,
    count(*) AS n, min(start_session) AS first_session, max(session) AS last_session
FROM period_return
GROUP BY instrument_id
