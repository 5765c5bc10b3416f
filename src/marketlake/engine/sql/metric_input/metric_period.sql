-- metric_period: returns by day, week (from Monday), month, quarter or year, alone (own) and with
--     the benchmark (pair).
-- Formula: simple_return = level of the period's last session / that of the previous period's last
--          session - 1; for a pair both on shared sessions. Only periods wholly within $first_day
--          to $last_day; the last stored one only when no later session of it is due. risk_free,
--          over the d days of the return: (1 - y x 91/360)^(-d/91) - 1 with the bill's discount
--          yield y known at the start of the return (deflated where $real), or (1 +
--          $risk_free)^(d/365.25) - 1 where $bill is empty
-- Unit: fraction; levels in the requested currency
-- Grain: instrument_id, kind, session
-- Source: metric_return, metric_grid, grid_session, bill_day
WITH point AS (
    SELECT r.instrument_id, 'own' AS kind, r.session, r.day, r.level, CAST(NULL AS DOUBLE) AS benchmark_level, r.deflator
    FROM metric_return AS r
    UNION ALL
    SELECT r.instrument_id, 'pair' AS kind, r.session, r.day, r.level, b.level AS benchmark_level, r.deflator
    FROM metric_return AS r
    JOIN metric_return AS b ON b.session = r.session AND b.instrument_id = $benchmark
    WHERE r.instrument_id <> $benchmark
),

placed AS (
    SELECT
        instrument_id, kind, session, day, level, benchmark_level, deflator,
        CASE $frequency
            WHEN 'daily' THEN session
            WHEN 'weekly' THEN CAST(date_trunc('week', session) AS DATE)
            WHEN 'monthly' THEN CAST(date_trunc('month', session) AS DATE)
            WHEN 'quarterly' THEN CAST(date_trunc('quarter', session) AS DATE)
            ELSE CAST(date_trunc('year', session) AS DATE)
        END AS period
    FROM point
),

closing AS (
    SELECT
        instrument_id, kind, period, max(session) AS session, max(day) AS day, max_by(level, session) AS level,
        max_by(benchmark_level, session) AS benchmark_level, max_by(deflator, session) AS deflator,
        CASE $frequency
            WHEN 'daily' THEN period
            WHEN 'weekly' THEN period + 6
            WHEN 'monthly' THEN CAST(period + INTERVAL '1' MONTH AS DATE) - 1
            WHEN 'quarterly' THEN CAST(period + INTERVAL '3' MONTH AS DATE) - 1
            ELSE CAST(period + INTERVAL '12' MONTH AS DATE) - 1
        END AS period_end
    FROM placed
    GROUP BY instrument_id, kind, period
),

step AS (
    SELECT
        instrument_id, kind, period, period_end, session, level, benchmark_level, deflator,
        lag(session) OVER past AS start_session,
        day - lag(day) OVER past AS days,
        lag(day) OVER past AS start_day,
        lag(level) OVER past AS start_level,
        lag(benchmark_level) OVER past AS start_benchmark_level,
        lag(deflator) OVER past AS start_deflator,
        lead(session) OVER past AS next_session
    FROM closing
    WINDOW past AS (PARTITION BY instrument_id, kind ORDER BY period)
),

-- the calendar sessions that are still due in the last stored period
last_stored AS (
    SELECT s.instrument_id, s.kind, count(c.session) AS to_come
    FROM step AS s
    JOIN metric_grid AS g ON g.instrument_id = s.instrument_id AND g.kind = s.kind
    JOIN grid_session AS c ON c.grid = g.grid AND c.session > s.session AND c.session <= s.period_end
    WHERE s.next_session IS NULL
    GROUP BY s.instrument_id, s.kind
)

SELECT
    s.instrument_id, s.kind, s.period, s.period_end, s.start_session, s.session, s.days, s.start_level, s.level,
    s.level / s.start_level - 1 AS simple_return,
    s.benchmark_level / s.start_benchmark_level - 1 AS benchmark_return,
    s.start_benchmark_level, s.benchmark_level, s.start_deflator, s.deflator,
    CASE
        WHEN $bill = '' THEN power(1 + $risk_free, s.days / 365.25) - 1
        ELSE
            -- include: shared/bill_growth
            * s.start_deflator / s.deflator - 1
    END AS risk_free
FROM step AS s
LEFT JOIN last_stored AS o ON o.instrument_id = s.instrument_id AND o.kind = s.kind
LEFT JOIN bill_day AS y ON y.day = s.start_day
WHERE
    s.start_session IS NOT NULL AND s.period >= $first_day AND s.period_end <= $last_day
    AND (s.next_session IS NOT NULL OR o.to_come IS NULL)
