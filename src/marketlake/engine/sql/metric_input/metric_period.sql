-- metric_period: returns by day, week (from Monday), month, quarter or year, alone (own) and with
--     the benchmark (pair).
-- Formula: simple_return = level of the period's last session / that of the previous period's last
--          session - 1; for a pair both on shared sessions by day and week (or with $sessions =
--          'shared'), else each on its own, in the periods that both have; session is then the later
--          of both. Only periods wholly within $first_day to $last_day; the last stored one only
--          when no later session of it is due. risk_free, over the d days of the instrument's
--          return: (1 - y x 91/360)^(-d/91) - 1 with the bill's discount yield y known at the start
--          of the return (deflated where $real), or (1 + $risk_free)^(d/365.25) - 1 where $bill is
--          empty
-- Unit: fraction; levels in the requested currency
-- Grain: instrument_id, kind, session
-- Source: metric_return, metric_grid, grid_session, bill_day
WITH point AS (
    SELECT
        r.instrument_id, 'own' AS kind, r.session, r.day, r.level, r.deflator, CAST(NULL AS DATE) AS benchmark_session,
        CAST(NULL AS DOUBLE) AS benchmark_level
    FROM metric_return AS r
    UNION ALL
    SELECT
        r.instrument_id, 'pair' AS kind, r.session, r.day, r.level, r.deflator, b.session AS benchmark_session,
        b.level AS benchmark_level
    FROM metric_return AS r
    JOIN metric_return AS b ON b.session = r.session AND b.instrument_id = $benchmark
    WHERE r.instrument_id <> $benchmark AND NOT (
        -- include: shared/by_period
    )
),

placed AS (
    SELECT
        instrument_id, kind, session, day, level, deflator, benchmark_session, benchmark_level,
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
        max_by(deflator, session) AS deflator, max(benchmark_session) AS benchmark_session,
        max_by(benchmark_level, session) AS benchmark_level,
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

-- the last stored periods of which a session is still due
unfinished AS (
    SELECT s.instrument_id, s.kind, s.session
    FROM (
        SELECT instrument_id, kind, max(session) AS session, max(period_end) AS period_end
        FROM closing
        GROUP BY instrument_id, kind
    ) AS s
    JOIN metric_grid AS g ON g.instrument_id = s.instrument_id AND g.kind = s.kind
    JOIN grid_session AS c ON c.grid = g.grid AND c.session > s.session AND c.session <= s.period_end
    GROUP BY s.instrument_id, s.kind, s.session
),

finished AS (
    SELECT
        c.instrument_id, c.kind, c.period, c.period_end, c.session, c.day, c.level, c.deflator, c.benchmark_session,
        c.benchmark_level
    FROM closing AS c
    LEFT JOIN unfinished AS u ON u.instrument_id = c.instrument_id AND u.kind = c.kind AND u.session = c.session
    WHERE u.session IS NULL
),

paired AS (
    SELECT
        instrument_id, kind, period, period_end, session, session AS own_session, day, level, deflator,
        benchmark_session, benchmark_level
    FROM finished
    UNION ALL
    SELECT
        f.instrument_id, 'pair' AS kind, f.period, f.period_end, greatest(f.session, b.session) AS session,
        f.session AS own_session, f.day, f.level, f.deflator, b.session AS benchmark_session, b.level AS benchmark_level
    FROM finished AS f
    JOIN finished AS b ON b.period = f.period AND b.instrument_id = $benchmark
    WHERE f.instrument_id <> $benchmark AND
        -- include: shared/by_period
),

step AS (
    SELECT
        instrument_id, kind, period, period_end, session, own_session, level, deflator, benchmark_session, benchmark_level,
        lag(session) OVER past AS start_session,
        lag(own_session) OVER past AS start_own_session,
        day - lag(day) OVER past AS days,
        lag(day) OVER past AS start_day,
        lag(level) OVER past AS start_level,
        lag(deflator) OVER past AS start_deflator,
        lag(benchmark_session) OVER past AS start_benchmark_session,
        lag(benchmark_level) OVER past AS start_benchmark_level
    FROM paired
    WINDOW past AS (PARTITION BY instrument_id, kind ORDER BY period)
)

SELECT
    s.instrument_id, s.kind, s.period, s.period_end, s.start_session, s.session, s.days, s.start_level, s.level,
    s.level / s.start_level - 1 AS simple_return,
    s.benchmark_level / s.start_benchmark_level - 1 AS benchmark_return,
    s.start_own_session, s.own_session, s.start_benchmark_session, s.benchmark_session, s.start_benchmark_level, s.benchmark_level, s.start_deflator, s.deflator,
    CASE
        WHEN $bill = '' THEN power(1 + $risk_free, s.days / 365.25) - 1
        ELSE
            -- include: shared/bill_growth
            * s.start_deflator / s.deflator - 1
    END AS risk_free
FROM step AS s
LEFT JOIN bill_day AS y ON y.day = s.start_day
WHERE s.start_session IS NOT NULL AND s.period >= $first_day AND s.period_end <= $last_day
