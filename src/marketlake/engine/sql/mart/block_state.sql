-- block_state: the states of blocks of years: a span of whole years merges only a few rows per
--     instrument.
-- Formula: here the blocks of one year: metric_state with the quality of the year's sessions;
--          block_merge adds those of 2, 4, 8, ... years. high_value and drawdown include the value
--          at the start. A year's sessions run from the last one stored before it (the first one in
--          it, if there is none): off_by is the number to add to the number of returns to get the
--          stored sessions due after that one, no_price whether one has no price. Years without a
--          return are included. An instrument stored only as total return has it under both bases
-- Unit: as metric_state; places count the calendar's sessions from 0
-- Grain: basis, years, first_year, instrument_key
-- Source: metric_state, year_level, odd_session, instrument, calendar_session
WITH stored AS (
    SELECT
        n.instrument_key, n.calendar, n.return_basis, l.year,
        coalesce(max(l.through_session) OVER earlier, l.first_session) AS start_stored,
        l.through_session AS end_stored
    FROM year_level AS l
    JOIN instrument AS n ON n.instrument_id = l.instrument_id
    WINDOW earlier AS (PARTITION BY n.instrument_key ORDER BY l.year ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)
),

odd AS (
    SELECT
        s.instrument_key, s.year,
        sum(CASE WHEN o.session > s.start_stored THEN o.off_by ELSE 0 END) AS off_by,
        max(CASE WHEN o.priced THEN 0 ELSE 1 END) AS no_price,
        max(CASE WHEN o.session = s.start_stored THEN o.place END) AS start_place,
        max(CASE WHEN o.session = s.end_stored THEN o.place END) AS end_place
    FROM stored AS s
    JOIN internal.odd_session AS o
        ON o.instrument_key = s.instrument_key AND o.session >= s.start_stored AND o.session <= s.end_stored
    GROUP BY s.instrument_key, s.year
),

known AS (
    SELECT
        b.basis, CASE WHEN s.return_basis = 'total' THEN 'total' ELSE b.basis END AS has,
        s.instrument_key, s.year, s.start_stored, s.end_stored,
        coalesce(c.place, o.start_place) AS start_place, coalesce(d.place, o.end_place) AS end_place,
        coalesce(o.off_by, 0) AS off_by, coalesce(o.no_price, 0) AS no_price
    FROM stored AS s
    CROSS JOIN (SELECT 'price' AS basis UNION ALL SELECT 'total' AS basis) AS b
    LEFT JOIN odd AS o ON o.instrument_key = s.instrument_key AND o.year = s.year
    LEFT JOIN calendar_session AS c ON c.calendar = s.calendar AND c.session = s.start_stored
    LEFT JOIN calendar_session AS d ON d.calendar = s.calendar AND d.session = s.end_stored
)

SELECT
    k.basis, 10000 + k.year AS block, CAST(1 AS INTEGER) AS years, k.year AS first_year, k.instrument_key,
    coalesce(m.returns, 0) AS returns, m.mean_return, m.m2, m.m3, m.m4, m.downside, m.positive,
    m.worst_return, m.best_return, m.excess_returns, m.mean_excess, m.excess_m2, m.excess_downside,
    coalesce(m.start_session, m.first_session) AS first_session, m.last_session,
    m.start_value, m.low_value, greatest(m.start_value, m.high_value) AS high_value, m.end_value,
    least(m.drawdown, m.low_value / m.start_value - 1) AS drawdown,
    k.start_stored, k.end_stored, k.start_place, k.end_place,
    CAST(k.off_by AS INTEGER) AS off_by, CAST(k.no_price AS INTEGER) AS no_price
FROM known AS k
LEFT JOIN internal.metric_state AS m ON m.instrument_key = k.instrument_key AND m.year = k.year AND m.basis = k.has
ORDER BY k.basis, k.year, k.instrument_key
