-- downside_deviation: the deviation of returns below zero, annualised.
-- Formula: sqrt(sum of min(return, 0)^2 / n) x sqrt(periods per year); n counts all periods,
--          threshold 0
-- Unit: fraction
-- Grain: instrument_id
-- Source: period_return
SELECT
    instrument_id, sqrt(avg(power(least(simple_return, 0), 2))) * sqrt(max(periods_per_year)) AS value,
    count(*) AS n, min(start_session) AS first_session, max(session) AS last_session
FROM period_return
GROUP BY instrument_id
