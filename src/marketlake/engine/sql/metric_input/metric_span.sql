-- metric_span: the window of each instrument: its start, its end and the growth of one unit.
-- Formula: start is the last session before $first_day (the first within, if there is none), end
--          the last session up to $last_day; growth = level at the end / level at the start.
--          complete: both are the calendar's own last sessions. whole_years counts the calendar
--          years of a complete window from 1 January to 31 December; years is that, else days /
--          365.25. Over whole years the real growth is nominal growth / consumer prices, December
--          over December
-- Unit: growth a ratio; years in years
-- Grain: instrument_id
-- Source: metric_level, instrument, metric_grid, grid_session, consumer_price
WITH before AS (
    SELECT instrument_id, max(session) AS session FROM metric_level WHERE session < $first_day GROUP BY instrument_id
),

within AS (
    SELECT instrument_id, min(session) AS earliest, max(session) AS latest
    FROM metric_level
    WHERE session >= $first_day
    GROUP BY instrument_id
),

due AS (
    SELECT
        grid,
        max(CASE WHEN session < $first_day THEN session END) AS due_start,
        max(CASE WHEN session <= $last_day THEN session END) AS due_end
    FROM grid_session
    GROUP BY grid
),

span AS (
    SELECT
        w.instrument_id, g.grid,
        coalesce(b.session, w.earliest) AS start_session,
        w.latest AS end_session,
        coalesce(b.session = d.due_start AND w.latest = d.due_end, FALSE) AS complete
    FROM within AS w
    LEFT JOIN before AS b ON b.instrument_id = w.instrument_id
    JOIN metric_grid AS g ON g.instrument_id = w.instrument_id AND g.kind = 'own'
    LEFT JOIN due AS d ON d.grid = g.grid
),

ends AS (
    SELECT
        s.instrument_id, s.grid, s.start_session, s.end_session, s.complete,
        max(l.day) - min(l.day) AS days,
        CASE
            WHEN s.complete AND month($first_day) = 1 AND dayofmonth($first_day) = 1
                AND month($last_day) = 12 AND dayofmonth($last_day) = 31
                THEN year($last_day) - year($first_day) + 1
        END AS whole_years,
        max(CASE WHEN l.session = s.end_session THEN l.nominal END)
            / max(CASE WHEN l.session = s.start_session THEN l.nominal END) AS nominal_growth,
        max(CASE WHEN l.session = s.end_session THEN l.level END)
            / max(CASE WHEN l.session = s.start_session THEN l.level END) AS level_growth,
        min(l.missing) AS missing
    FROM span AS s
    JOIN metric_level AS l
        ON l.instrument_id = s.instrument_id AND (l.session = s.start_session OR l.session = s.end_session)
    GROUP BY s.instrument_id, s.grid, s.start_session, s.end_session, s.complete
)

SELECT
    e.instrument_id, e.grid, e.start_session, e.end_session, e.days, e.whole_years, e.complete,
    coalesce(e.whole_years, e.days / 365.25) AS years,
    CASE
        WHEN e.days = 0 THEN NULL
        WHEN $real AND e.whole_years IS NOT NULL THEN e.nominal_growth / (last_price.price_level / first_price.price_level)
        ELSE e.level_growth
    END AS growth,
    CASE WHEN e.days = 0 THEN 'no_price' ELSE e.missing END AS missing
FROM ends AS e
LEFT JOIN consumer_price AS first_price
    ON year(first_price.price_month) = year($first_day) - 1 AND month(first_price.price_month) = 12
LEFT JOIN consumer_price AS last_price
    ON year(last_price.price_month) = year($last_day) AND month(last_price.price_month) = 12
