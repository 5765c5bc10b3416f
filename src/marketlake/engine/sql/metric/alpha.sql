-- alpha: the part of the return that beta does not explain, annualised (Jensen's alpha).
-- Formula: (mean(excess) - beta x mean(benchmark excess)) x periods per year; not compounded
-- Unit: fraction
-- Grain: instrument_id
-- Source: pair_return, beta
SELECT
    r.instrument_id,
    (avg(r.excess_return) - max(b.value) * avg(r.benchmark_excess)) * max(r.periods_per_year) AS value,
    count(r.excess_return) AS n, min(r.start_session) AS first_session, max(r.session) AS last_session
FROM pair_return AS r
JOIN beta AS b ON b.instrument_id = r.instrument_id
GROUP BY r.instrument_id
