-- period_return: each instrument's returns on the requested grid.
-- Formula: metric_period, each instrument alone; excess_return = simple_return - risk_free
-- Unit: fraction; levels in the requested currency
-- Grain: instrument_id, session
-- Source: metric_period, metric_grid
SELECT
    p.instrument_id, p.period, p.start_session, p.session, p.days, p.start_level, p.level, p.start_deflator, p.deflator,
    p.simple_return, p.risk_free, p.simple_return - p.risk_free AS excess_return, g.periods_per_year
FROM metric_period AS p
JOIN metric_grid AS g ON g.instrument_id = p.instrument_id AND g.kind = p.kind
WHERE p.kind = 'own'
