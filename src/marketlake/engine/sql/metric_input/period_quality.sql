-- period_quality: the quality flags of each single return, alone (own) and with the benchmark
--     (pair, the flags of both).
-- Formula: n         sessions with a figure after the start of the return, up to its end
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
    WHERE l.instrument_id <> $benchmark
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

-- both ends in one join: with two joins an engine may join the counts with each other first
limit_of AS (
    SELECT instrument_id, kind, session, period, period_end, start_session AS at_session, FALSE AS ends FROM metric_period
    UNION ALL
    SELECT instrument_id, kind, session, period, period_end, session AS at_session, TRUE AS ends FROM metric_period
),

counted AS (
    SELECT
        p.instrument_id, p.kind, p.session,
        max(CASE WHEN p.ends THEN t.figures END) - max(CASE WHEN NOT p.ends THEN t.figures END) AS n,
        coalesce(max(CASE WHEN p.ends THEN t.next_due <= p.period_end ELSE t.next_due < p.period END), FALSE) AS partial,
        max(CASE WHEN p.ends THEN t.lost END) > max(CASE WHEN NOT p.ends THEN t.lost END) AS gap,
        max(CASE WHEN p.ends THEN t.no_rate END) > max(CASE WHEN NOT p.ends THEN t.no_rate END) AS no_rate,
        max(CASE WHEN p.ends THEN t.no_price END) > max(CASE WHEN NOT p.ends THEN t.no_price END) AS no_price,
        max(CASE WHEN p.ends THEN t.no_cpi END) > max(CASE WHEN NOT p.ends THEN t.no_cpi END) AS no_cpi
    FROM limit_of AS p
    JOIN tally AS t ON t.instrument_id = p.instrument_id AND t.kind = p.kind AND t.session = p.at_session
    GROUP BY p.instrument_id, p.kind, p.session
),

doubted AS (
    SELECT p.instrument_id, p.kind, p.session
    FROM (
        SELECT instrument_id, kind, start_session, session, instrument_id AS doubted_id FROM metric_period
        UNION ALL
        SELECT instrument_id, kind, start_session, session, $benchmark AS doubted_id FROM metric_period WHERE kind = 'pair'
    ) AS p
    JOIN suspect_session AS d
        ON d.instrument_id = p.doubted_id AND d.session > p.start_session AND d.session <= p.session
    WHERE d.of_price OR $basis <> 'price'
    GROUP BY p.instrument_id, p.kind, p.session
)

SELECT
    c.instrument_id, c.kind, c.session, c.n, c.partial, c.gap, u.instrument_id IS NOT NULL AS suspect, c.no_rate, c.no_price, c.no_cpi,
    q.price_index, q.proxy,
    q.simulated AND NOT (
        c.kind = 'own' AND NOT c.partial AND i.synthetic <> 'all' AND coalesce(p.synthetic <> 'all', TRUE)
        AND
        -- include: shared/by_month
    ) AS simulated
FROM counted AS c
LEFT JOIN doubted AS u ON u.instrument_id = c.instrument_id AND u.kind = c.kind AND u.session = c.session
JOIN metric_quality AS q ON q.instrument_id = c.instrument_id AND q.kind = c.kind
JOIN instrument AS i ON i.instrument_id = c.instrument_id
LEFT JOIN instrument AS p ON p.instrument_id = $cpi
