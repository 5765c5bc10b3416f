-- metric_quality: the quality flags of an instrument's figures over the whole window (span), by
--     period (own) and with the benchmark (pair, the flags of both).
-- Formula: partial   the window's ends are not the calendar's own sessions
--          gap       a session of the calendar between them is not stored
--          suspect   a suspect_session after the window's start, up to its end
--          stale     more than 5 sessions that the calendar had finished by $due_day (the day
--                    before the lake was built or before the moment of as-of, at most the requested
--                    end) are later than the last stored one
--          no_rate, no_price, no_cpi: a session (for span an end) has no exchange rate, price or
--          consumer price index
--          price_index  dividends were requested and are not included; proxy: it is a proxy for
--                       something else
--          simulated    wholly, or between published month ends: figures of months, quarters or
--                       years without a gap on own sessions, and of a window from one month's end
--                       to another, are published
-- Unit: true or false
-- Grain: instrument_id, kind
-- Source: metric_span, metric_level, grid_session, instrument, bar, calendar_session,
--         suspect_session
WITH stored AS (
    SELECT
        s.instrument_id,
        count(c.session) AS sessions_stored,
        max(CASE WHEN l.missing = 'no_rate' THEN 1 ELSE 0 END) = 1 AS no_rate,
        max(CASE WHEN l.missing = 'no_price' THEN 1 ELSE 0 END) = 1 AS no_price,
        max(CASE WHEN l.missing = 'no_cpi' THEN 1 ELSE 0 END) = 1 AS no_cpi
    FROM metric_span AS s
    JOIN metric_level AS l
        ON l.instrument_id = s.instrument_id AND l.session >= s.start_session AND l.session <= s.end_session
    LEFT JOIN grid_session AS c ON c.grid = s.grid AND c.session = l.session
    GROUP BY s.instrument_id
),

expected AS (
    SELECT s.instrument_id, count(*) AS sessions_expected
    FROM metric_span AS s
    JOIN grid_session AS c ON c.grid = s.grid AND c.session >= s.start_session AND c.session <= s.end_session
    GROUP BY s.instrument_id
),

latest AS (
    SELECT instrument_id, max(session) AS session FROM bar WHERE list_contains($wanted, instrument_id) GROUP BY instrument_id
),

-- no session is due after `until`
behind AS (
    SELECT l.instrument_id, count(*) AS sessions
    FROM latest AS l
    JOIN instrument AS n ON n.instrument_id = l.instrument_id
    JOIN calendar_session AS c
        ON c.calendar = n.calendar AND c.session > l.session AND c.session <= least($due_day, coalesce(n.until, $due_day))
    GROUP BY l.instrument_id
),

doubted AS (
    SELECT s.instrument_id
    FROM metric_span AS s
    JOIN suspect_session AS d
        ON d.instrument_id = s.instrument_id AND d.session > s.start_session AND d.session <= s.end_session
    WHERE d.of_price OR $basis <> 'price'
    GROUP BY s.instrument_id
),

alone AS (
    SELECT
        s.instrument_id, k.kind,
        NOT s.complete AS partial,
        coalesce(t.sessions_stored < e.sessions_expected, FALSE) AS gap,
        u.instrument_id IS NOT NULL AS suspect,
        coalesce(d.sessions > 5, FALSE) AS stale,
        CASE k.kind WHEN 'span' THEN coalesce(s.missing = 'no_rate', FALSE) ELSE t.no_rate END AS no_rate,
        CASE k.kind WHEN 'span' THEN coalesce(s.missing = 'no_price', FALSE) ELSE t.no_price END AS no_price,
        CASE k.kind
            WHEN 'span' THEN $real AND s.growth IS NULL AND s.missing IS NULL OR coalesce(s.missing = 'no_cpi', FALSE)
            ELSE t.no_cpi
        END AS no_cpi,
        $basis <> 'price' AND n.return_basis = 'price' AND n.asset_class = 'index' AS price_index,
        coalesce(n.proxy_for, '') <> '' AS proxy,
        n.synthetic = 'all' OR coalesce(p.synthetic = 'all', FALSE) OR (
            (n.synthetic = 'daily' OR coalesce(p.synthetic <> 'no', FALSE))
            AND NOT CASE k.kind
                WHEN 'span' THEN s.complete AND $sessions = 'own' AND $basis <> 'vendor_adjusted'
                    AND dayofmonth($first_day) = 1 AND dayofmonth(CAST($last_day AS DATE) + 1) = 1
                ELSE
                    -- include: shared/by_month
                    AND coalesce(t.sessions_stored >= e.sessions_expected, FALSE)
            END
        ) AS simulated
    FROM metric_span AS s
    JOIN instrument AS n ON n.instrument_id = s.instrument_id
    JOIN stored AS t ON t.instrument_id = s.instrument_id
    LEFT JOIN expected AS e ON e.instrument_id = s.instrument_id
    LEFT JOIN behind AS d ON d.instrument_id = s.instrument_id
    LEFT JOIN doubted AS u ON u.instrument_id = s.instrument_id
    LEFT JOIN instrument AS p ON p.instrument_id = $cpi
    CROSS JOIN (VALUES ('span'), ('own')) AS k (kind)
)

SELECT
    instrument_id, kind, partial, gap, suspect, stale, no_rate, no_price, no_cpi, price_index, proxy, simulated
FROM alone
UNION ALL
SELECT
    a.instrument_id, 'pair' AS kind, a.partial OR b.partial, a.gap OR b.gap, a.suspect OR b.suspect, a.stale OR b.stale,
    a.no_rate OR b.no_rate, a.no_price OR b.no_price, a.no_cpi OR b.no_cpi, a.price_index OR b.price_index, a.proxy OR b.proxy,
    a.simulated OR b.simulated
FROM alone AS a
JOIN alone AS b ON b.kind = a.kind AND b.instrument_id = $benchmark AND b.instrument_id <> a.instrument_id
WHERE a.kind = 'own'
