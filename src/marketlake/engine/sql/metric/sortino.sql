-- sortino: the return over the risk-free return per unit of its downside deviation, annualised.
-- Formula: mean(excess) / sqrt(sum of min(excess, 0)^2 / n) x sqrt(periods per year)
-- Unit: ratio
-- Grain: instrument_id
-- Source: period_return
SELECT
    instrument_id,
    avg(excess_return) / nullif(sqrt(avg(power(least(excess_return, 0), 2))), 0) * sqrt(max(periods_per_year)) AS value,
    count(excess_return) AS n, min(start_session) AS first_session, max(session) AS last_session
FROM period_return
WHERE excess_return IS NOT NULL
GROUP BY instrument_id
