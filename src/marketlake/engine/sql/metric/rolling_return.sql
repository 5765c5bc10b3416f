-- rolling_return: the returns over 1, 3, 5 and 10 years to each month's end, and how often they
--     beat the benchmark.
-- Formula: level at a month's end / level at the end of the same month k years before - 1; lowest,
--          median, highest and latest of all windows within the requested dates; positive_share:
--          above 0; win_share: above the benchmark's over the same months (pairs counts these).
--          Cumulative, not annualised. Windows overlap, so they are not independent
-- Unit: fraction
-- Grain: instrument_id, years
-- Source: month_period
WITH path AS (
    SELECT instrument_id, kind, session, level, benchmark_level FROM month_period
    UNION ALL
    SELECT
        instrument_id, kind, min(start_session) AS session, min_by(start_level, start_session) AS level,
        min_by(start_benchmark_level, start_session) AS benchmark_level
    FROM month_period
    GROUP BY instrument_id, kind
),

monthly AS (
    SELECT instrument_id, kind, session, level, benchmark_level, year(session) * 12 + month(session) AS month_number
    FROM path
),

rolled AS (
    SELECT
        e.instrument_id, e.kind, k.years, b.session AS start_session, e.session,
        e.level / b.level - 1 AS return_over,
        e.benchmark_level / b.benchmark_level - 1 AS benchmark_over
    FROM monthly AS e
    CROSS JOIN (VALUES (1), (3), (5), (10)) AS k (years)
    JOIN monthly AS b
        ON b.instrument_id = e.instrument_id AND b.kind = e.kind AND b.month_number = e.month_number - 12 * k.years
),

own AS (
    SELECT
        instrument_id, years, count(*) AS n, min(return_over) AS lowest,
        percentile_cont(0.5) WITHIN GROUP (ORDER BY return_over) AS median,
        max(return_over) AS highest, max_by(return_over, session) AS latest,
        avg(CASE WHEN return_over > 0 THEN 1.0 ELSE 0.0 END) AS positive_share,
        min(start_session) AS first_session, max(session) AS last_session
    FROM rolled
    WHERE kind = 'own'
    GROUP BY instrument_id, years
),

paired AS (
    SELECT
        instrument_id, years, count(*) AS pairs,
        avg(CASE WHEN return_over > benchmark_over THEN 1.0 ELSE 0.0 END) AS win_share
    FROM rolled
    WHERE kind = 'pair'
    GROUP BY instrument_id, years
)

SELECT
    o.instrument_id, o.years, o.n, o.first_session, o.last_session, o.lowest, o.median, o.highest, o.latest,
    o.positive_share, p.win_share, coalesce(p.pairs, 0) AS pairs
FROM own AS o
LEFT JOIN paired AS p ON p.instrument_id = o.instrument_id AND p.years = o.years
ORDER BY o.instrument_id, o.years
