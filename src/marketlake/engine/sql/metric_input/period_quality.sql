-- period_quality: the quality flags of each single return, alone (own) and with the benchmark
--     (pair, the flags of both).
-- Formula: n         sessions with a figure after the start of the return, up to its end; of a pair
--                    by month, quarter or year those of both
--          partial   the start or the end is not the calendar's own last session of its period
--          gap       a session of the calendar after the start, up to the end, is not stored
--          suspect   a suspect_session after the start, up to the end
--          no_rate, no_price, no_cpi: a session there has no exchange rate, price or consumer price
--          index
--          price_index, proxy, simulated: as in metric_quality; a whole month, quarter or year
--          between published month ends is a published figure
-- Unit: true or false; n a count
-- Grain: instrument_id, kind, session
-- Source: metric_period, metric_level, metric_grid, grid_session, metric_quality, instrument,
--         suspect_session
WITH figure AS (
    SELECT instrument_id, 'own' AS kind, session, level, coalesce(missing, '') AS missing FROM metric_level
    UNION ALL
    SELECT
        l.instrument_id, 'pair' AS kind, l.session, l.level + b.level AS level, concat_ws(',', l.missing, b.missing) AS missing
    FROM metric_level AS l
    JOIN metric_level AS b ON b.session = l.session AND b.instrument_id = $benchmark
    WHERE l.instrument_id <> $benchmark AND NOT (
        -- include: shared/by_period
    )
),

due AS (
    SELECT g.instrument_id, g.kind, c.session
    FROM metric_grid AS g
    JOIN grid_session AS c ON c.grid = g.grid AND c.session <= $last_day
),

seen AS (
    SELECT
        coalesce(f.instrument_id, d.instrument_id) AS instrument_id, coalesce(f.kind, d.kind) AS kind,
        coalesce(f.session, d.session) AS session, d.session AS due_session, f.level,
        CASE WHEN f.session IS NULL THEN 1 ELSE 0 END AS lost,
        CASE WHEN f.missing LIKE '%no_rate%' THEN 1 ELSE 0 END AS no_rate,
        CASE WHEN f.missing LIKE '%no_price%' THEN 1 ELSE 0 END AS no_price,
        CASE WHEN f.missing LIKE '%no_cpi%' THEN 1 ELSE 0 END AS no_cpi
    FROM figure AS f
    FULL JOIN due AS d ON d.instrument_id = f.instrument_id AND d.kind = f.kind AND d.session = f.session
),

-- running counts: the count of a return is a difference
tally AS (
    SELECT
        instrument_id, kind, session,
        count(level) OVER past AS figures, sum(lost) OVER past AS lost, sum(no_rate) OVER past AS no_rate,
        sum(no_price) OVER past AS no_price, sum(no_cpi) OVER past AS no_cpi,
        min(due_session) OVER (
            PARTITION BY instrument_id, kind ORDER BY session ROWS BETWEEN 1 FOLLOWING AND UNBOUNDED FOLLOWING
        ) AS next_due
    FROM seen
    WINDOW past AS (PARTITION BY instrument_id, kind ORDER BY session ROWS UNBOUNDED PRECEDING)
),

-- whose sessions count: on shared sessions those of the pair, else each one's own
side AS (
    SELECT
        instrument_id, kind, session, period, period_end, instrument_id AS side_id, start_own_session AS side_start,
        own_session AS side_end,
        CASE
            WHEN
                -- include: shared/by_period
                THEN 'own'
            ELSE kind
        END AS side_kind
    FROM metric_period
    UNION ALL
    SELECT
        instrument_id, kind, session, period, period_end, $benchmark AS side_id, start_benchmark_session AS side_start,
        benchmark_session AS side_end, 'own' AS side_kind
    FROM metric_period
    WHERE kind = 'pair' AND
        -- include: shared/by_period
),

-- both ends in one join: with two joins an engine may join the counts with each other first
limit_of AS (
    SELECT instrument_id, kind, session, period, period_end, side_id, side_kind, side_start AS at_session, FALSE AS ends FROM side
    UNION ALL
    SELECT instrument_id, kind, session, period, period_end, side_id, side_kind, side_end AS at_session, TRUE AS ends FROM side
),

counted AS (
    SELECT
        p.instrument_id, p.kind, p.session,
        CAST(sum(CASE WHEN p.ends THEN t.figures ELSE -t.figures END) AS BIGINT) AS n,
        coalesce(max(CASE WHEN p.ends THEN t.next_due <= p.period_end ELSE t.next_due < p.period END), FALSE) AS partial,
        sum(CASE WHEN p.ends THEN t.lost ELSE -t.lost END) > 0 AS gap,
        sum(CASE WHEN p.ends THEN t.no_rate ELSE -t.no_rate END) > 0 AS no_rate,
        sum(CASE WHEN p.ends THEN t.no_price ELSE -t.no_price END) > 0 AS no_price,
        sum(CASE WHEN p.ends THEN t.no_cpi ELSE -t.no_cpi END) > 0 AS no_cpi
    FROM limit_of AS p
    JOIN tally AS t ON t.instrument_id = p.side_id AND t.kind = p.side_kind AND t.session = p.at_session
    GROUP BY p.instrument_id, p.kind, p.session
),

doubted AS (
    SELECT p.instrument_id, p.kind, p.session
    FROM (
        SELECT instrument_id, kind, session, instrument_id AS doubted_id, start_own_session AS begins, own_session AS ends
        FROM metric_period
        UNION ALL
        SELECT
            instrument_id, kind, session, $benchmark AS doubted_id, start_benchmark_session AS begins, benchmark_session AS ends
        FROM metric_period
        WHERE kind = 'pair'
    ) AS p
    JOIN suspect_session AS d ON d.instrument_id = p.doubted_id AND d.session > p.begins AND d.session <= p.ends
    WHERE d.of_price OR $basis <> 'price'
    GROUP BY p.instrument_id, p.kind, p.session
)

SELECT
    c.instrument_id, c.kind, c.session, c.n, c.partial, c.gap, u.instrument_id IS NOT NULL AS suspect, c.no_rate, c.no_price, c.no_cpi,
    q.price_index, q.proxy,
    q.simulated AND NOT (
        NOT c.partial AND i.synthetic <> 'all' AND coalesce(p.synthetic <> 'all', TRUE)
        AND (c.kind = 'own' OR coalesce(b.synthetic <> 'all', TRUE))
        AND
        -- include: shared/by_month
    ) AS simulated
FROM counted AS c
LEFT JOIN doubted AS u ON u.instrument_id = c.instrument_id AND u.kind = c.kind AND u.session = c.session
JOIN metric_quality AS q ON q.instrument_id = c.instrument_id AND q.kind = c.kind
JOIN instrument AS i ON i.instrument_id = c.instrument_id
LEFT JOIN instrument AS p ON p.instrument_id = $cpi
LEFT JOIN instrument AS b ON b.instrument_id = $benchmark
