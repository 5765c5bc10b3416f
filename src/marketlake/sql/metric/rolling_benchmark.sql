-- rolling_benchmark: correlation, beta and tracking error against the benchmark over the latest periods, at each period.
-- Formula: as correlation, beta (of returns, not of excess) and tracking_error, over the $lookback periods before and this
--          one; none while there are fewer
-- Unit: ratio; tracking error a fraction, annualised
-- Grain: instrument_id, session
-- Source: pair_return
WITH rolled AS (
    SELECT
        instrument_id, session, periods_per_year,
        first_value(start_session) OVER recent AS first_session,
        count(*) OVER recent AS n,
        corr(simple_return, benchmark_return) OVER recent AS correlation,
        least(stddev_samp(simple_return) OVER recent, stddev_samp(benchmark_return) OVER recent) AS varies,
        covar_samp(simple_return, benchmark_return) OVER recent AS covariance,
        var_samp(benchmark_return) OVER recent AS variance,
        stddev_samp(active_return) OVER recent AS deviation
    FROM pair_return
    WINDOW recent AS (PARTITION BY instrument_id ORDER BY session ROWS BETWEEN $lookback PRECEDING AND CURRENT ROW)
)

SELECT
    instrument_id, first_session, session, n,
    CASE WHEN varies > 1e-12 THEN correlation END AS correlation, covariance / nullif(variance, 0) AS beta,
    deviation * sqrt(periods_per_year) AS tracking_error
FROM rolled
WHERE n = $lookback + 1
ORDER BY instrument_id, session
