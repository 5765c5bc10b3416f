-- information_ratio: the return over the benchmark's per unit of tracking error, annualised.
-- Formula: mean(return - benchmark return) / its sample standard deviation x sqrt(periods per
--          year); none where nothing varies (a deviation up to 1e-12 is rounding)
-- Unit: ratio
-- Grain: instrument_id
-- Source: pair_return
SELECT
    instrument_id,
    CASE
        WHEN stddev_samp(active_return) > 1e-12
            THEN avg(active_return) / stddev_samp(active_return) * sqrt(max(periods_per_year))
    END AS value,
    count(*) AS n, min(start_session) AS first_session, max(session) AS last_session
FROM pair_return
GROUP BY instrument_id
