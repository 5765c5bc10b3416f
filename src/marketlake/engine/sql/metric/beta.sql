-- beta: the sensitivity of an instrument to moves of the benchmark.
-- Formula: sample covariance(excess, benchmark excess) / sample variance(benchmark excess)
-- Unit: ratio
-- Grain: instrument_id
-- Source: pair_return
SELECT
    instrument_id,
    covar_samp(excess_return, benchmark_excess) / nullif(var_samp(benchmark_excess), 0) AS value,
    count(excess_return) AS n, min(start_session) AS first_session, max(session) AS last_session
FROM pair_return
GROUP BY instrument_id
