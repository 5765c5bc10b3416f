-- up_capture: the share of the benchmark's return in the periods in which the benchmark rose.
-- Formula: geometric mean return / the benchmark's, both over the periods with benchmark return >
--          0; n counts those
-- Unit: ratio
-- Grain: instrument_id
-- Source: pair_return
SELECT
    instrument_id,
    (exp(avg(ln(1 + simple_return))) - 1) / nullif(exp(avg(ln(1 + benchmark_return))) - 1, 0) AS value,
    count(*) AS n, min(start_session) AS first_session, max(session) AS last_session
FROM pair_return
WHERE benchmark_return > 0
GROUP BY instrument_id
