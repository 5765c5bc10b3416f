-- calendar_year_return: the return of an instrument in a calendar year.
-- Formula: simple_return = end_level / start_level - 1, where a level is the index of the basis
--          year_end          last session of the year over last session of the previous year
--          first_to_last     last session of the year over its first
--          december_average  mean of December over mean of the previous December (start and end are
--                            their outer sessions)
--          complete: the sessions at both ends are the calendar's own (first or last of the year,
--          of December)
--          quality: partial (not complete), gap (complete, sessions missing within), suspect (a
--          suspect_session after the start, up to the end), no_rate, no_price, price_index (a price index has no dividends to reinvest), proxy, simulated
-- Unit: fraction; levels in the quote currency, comparable within a row; closes as traded, null for
--       december_average
-- Grain: instrument_id, year, basis, convention
-- Source: year_level, calendar_year, instrument, suspect_session
WITH span AS (
    SELECT
        y.instrument_id, y.calendar, y.year, b.basis,
        y.first_session, y.through_session, y.first_december_session, y.first_close, y.last_close,
        y.first_rate, y.last_rate, y.december_rate, y.sessions, y.december_sessions,
        CASE b.basis WHEN 'price' THEN y.first_price WHEN 'total' THEN y.first_total ELSE y.first_vendor END AS first_level,
        CASE b.basis WHEN 'price' THEN y.last_price WHEN 'total' THEN y.last_total ELSE y.last_vendor END AS last_level,
        CASE b.basis
            WHEN 'price' THEN y.december_price WHEN 'total' THEN y.december_total ELSE y.december_vendor
        END AS december_level,
        CASE b.basis WHEN 'price' THEN y.start_price WHEN 'total' THEN y.start_total ELSE y.start_vendor END AS start_level,
        c.sessions AS expected_sessions,
        c.december_sessions AS expected_december_sessions,
        coalesce(y.calendar_first = c.first_session, FALSE) AS has_first,
        coalesce(y.calendar_last = c.last_session, FALSE) AS has_last,
        coalesce(y.calendar_first_december = c.first_december_session, FALSE) AS has_december
    FROM year_level AS y
    CROSS JOIN (VALUES ('price'), ('total'), ('vendor_adjusted')) AS b (basis)
    LEFT JOIN calendar_year AS c ON c.calendar = y.calendar AND c.year = y.year
),

ends AS (
    SELECT
        t.instrument_id, t.year, t.basis, k.convention,
        CASE k.convention
            WHEN 'year_end' THEN p.through_session
            WHEN 'first_to_last' THEN t.first_session
            ELSE p.first_december_session
        END AS start_session,
        CASE WHEN k.convention <> 'december_average' OR t.december_sessions > 0 THEN t.through_session END AS end_session,
        t.through_session,
        CASE k.convention WHEN 'year_end' THEN p.last_close WHEN 'first_to_last' THEN t.first_close END AS start_close,
        CASE WHEN k.convention <> 'december_average' THEN t.last_close END AS end_close,
        CASE k.convention
            WHEN 'year_end' THEN CASE WHEN isnan(p.last_level) THEN p.last_level ELSE t.start_level END
            WHEN 'first_to_last' THEN t.first_level
            -- levels compare only within a year: the year's end links December's mean to the next
            ELSE p.december_level / p.last_level * t.start_level
        END AS start_level,
        CASE k.convention WHEN 'december_average' THEN t.december_level ELSE t.last_level END AS end_level,
        CASE k.convention
            WHEN 'year_end' THEN p.last_rate + t.last_rate
            WHEN 'first_to_last' THEN t.first_rate + t.last_rate
            ELSE p.december_rate + t.december_rate
        END AS rates,
        CASE k.convention
            WHEN 'december_average' THEN p.december_sessions + t.december_sessions ELSE t.sessions
        END AS sessions,
        CASE k.convention
            WHEN 'december_average' THEN p.expected_december_sessions + t.expected_december_sessions
            ELSE t.expected_sessions
        END AS expected_sessions,
        coalesce(CASE k.convention
            WHEN 'year_end' THEN p.has_last AND t.has_last
            WHEN 'first_to_last' THEN t.has_first AND t.has_last
            ELSE p.has_december AND p.has_last AND t.has_december AND t.has_last
        END, FALSE) AS complete
    FROM span AS t
    CROSS JOIN (VALUES ('year_end'), ('first_to_last'), ('december_average')) AS k (convention)
    LEFT JOIN span AS p ON p.instrument_id = t.instrument_id AND p.basis = t.basis AND p.year = t.year - 1
),

doubted AS (
    SELECT e.instrument_id, e.year, e.basis, e.convention
    FROM ends AS e
    JOIN suspect_session AS d
        ON d.instrument_id = e.instrument_id AND d.session > e.start_session AND d.session <= e.end_session
    WHERE d.of_price OR e.basis <> 'price'
    GROUP BY e.instrument_id, e.year, e.basis, e.convention
)

SELECT
    e.instrument_id, e.year, e.basis, e.convention, n.quote_currency AS currency,
    CASE WHEN NOT isnan(e.start_level) AND NOT isnan(e.end_level) THEN e.end_level / e.start_level - 1 END AS simple_return,
    e.start_session, e.end_session, e.start_close, e.end_close,
    CASE WHEN NOT isnan(e.start_level) THEN e.start_level END AS start_level,
    CASE WHEN NOT isnan(e.end_level) THEN e.end_level END AS end_level,
    e.sessions, e.expected_sessions, e.complete, e.through_session,
    concat_ws(
        ',',
        CASE WHEN NOT e.complete THEN 'partial' WHEN e.sessions < e.expected_sessions THEN 'gap' END,
        CASE WHEN d.instrument_id IS NOT NULL THEN 'suspect' END,
        CASE
            WHEN isnan(e.rates) THEN 'no_rate'
            WHEN isnan(e.start_level) OR isnan(e.end_level) THEN 'no_price'
        END,
        CASE WHEN e.basis <> 'price' AND n.return_basis = 'price' AND n.asset_class = 'index' THEN 'price_index' END,
        CASE WHEN n.proxy_for <> '' THEN 'proxy' END,
        CASE
            WHEN n.synthetic = 'all' THEN 'simulated'
            -- month-end closes are published figures, days between them are simulated
            WHEN n.synthetic = 'daily'
                AND NOT (e.complete AND e.convention = 'year_end' AND e.basis <> 'vendor_adjusted') THEN 'simulated'
        END
    ) AS quality
FROM ends AS e
JOIN instrument AS n ON n.instrument_id = e.instrument_id
LEFT JOIN doubted AS d
    ON d.instrument_id = e.instrument_id AND d.year = e.year AND d.basis = e.basis AND d.convention = e.convention
WHERE n.return_basis = 'price' OR e.basis = 'total'
