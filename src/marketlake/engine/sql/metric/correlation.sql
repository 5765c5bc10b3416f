-- correlation: the correlation of returns with those of the benchmark.
-- Formula: Pearson correlation of simple returns of the same days, weeks or months; none where either
--          does not vary (a deviation up to 1e-12 is rounding)
-- Unit: ratio
-- Grain: instrument_id
-- Source: pair_return
SELECT
    instrument_id,
    CASE
        WHEN stddev_samp(simple_return) > 1e-12 AND stddev_samp(benchmark_return) > 1e-12
            THEN corr(simple_return, benchmark_return)
    END AS value,
    count(*) AS n, min(start_session) AS first_session, max(session) AS last_session
FROM pair_return
GROUP BY instrument_id
