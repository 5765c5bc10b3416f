-- sharpe: the return over the risk-free return per unit of its volatility, annualised.
-- Formula: mean(excess) / sample standard deviation(excess) x sqrt(periods per year); none where
--          nothing varies (a deviation up to 1e-12 is rounding)
-- Unit: ratio
-- Grain: instrument_id
-- Source: period_return
SELECT
    instrument_id,
    CASE
        WHEN stddev_samp(excess_return) > 1e-12
            THEN avg(excess_return) / stddev_samp(excess_return) * sqrt(max(periods_per_year))
    END AS value,
    count(excess_return) AS n, min(start_session) AS first_session, max(session) AS last_session
FROM period_return
GROUP BY instrument_id
