-- pair_return: the returns of each instrument and of the benchmark over the same days, weeks, months,
--     quarters or years.
-- Formula: metric_period, each instrument with the benchmark; active_return = simple_return -
--          benchmark_return
-- Unit: fraction
-- Grain: instrument_id, session
-- Source: metric_period, metric_grid
SELECT
    p.instrument_id, p.start_session, p.session, p.simple_return, p.benchmark_return,
    p.simple_return - p.benchmark_return AS active_return,
    p.simple_return - p.risk_free AS excess_return,
    p.benchmark_return - p.risk_free AS benchmark_excess,
    g.periods_per_year
FROM metric_period AS p
JOIN metric_grid AS g ON g.instrument_id = p.instrument_id AND g.kind = p.kind
WHERE p.kind = 'pair'
