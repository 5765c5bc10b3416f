-- tracking_error: the volatility of the difference between returns and those of the benchmark,
--     annualised.
-- Formula: sample standard deviation(return - benchmark return) x sqrt(periods per year)
-- Unit: fraction
-- Grain: instrument_id
-- Source: pair_return
SELECT
    instrument_id, stddev_samp(active_return) * sqrt(max(periods_per_year)) AS value,
    count(*) AS n, min(start_session) AS first_session, max(session) AS last_session
FROM pair_return
GROUP BY instrument_id
