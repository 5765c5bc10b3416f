-- calendar_return: the return of each day, week, month, quarter or year of the window, simple and
--     logarithmic.
-- Formula: simple = close of the period / close of the previous period - 1; log = ln(1 + simple).
--          Whole periods only; n counts the sessions with a figure. A real yearly return is
--          deflated by consumer prices, December over December
-- Unit: fraction; log
-- Grain: instrument_id, period
-- Source: period_return, period_quality, consumer_price
WITH earned AS (
    SELECT
        r.instrument_id, r.period, r.start_session, r.session, r.days, q.n,
        CASE
            WHEN $real AND $frequency = 'yearly' AND NOT q.partial
                THEN (r.level * r.deflator) / (r.start_level * r.start_deflator) / (t.price_level / f.price_level) - 1
            ELSE r.simple_return
        END AS simple_return,
        concat_ws(
            ',',
            CASE WHEN q.partial THEN 'partial' END,
            CASE WHEN q.gap THEN 'gap' END,
            CASE WHEN q.suspect THEN 'suspect' END,
            CASE WHEN q.no_rate THEN 'no_rate' END,
            CASE WHEN q.no_price THEN 'no_price' END,
            CASE WHEN q.no_cpi THEN 'no_cpi' END,
            CASE WHEN q.price_index THEN 'price_index' END,
            CASE WHEN q.proxy THEN 'proxy' END,
            CASE WHEN q.simulated THEN 'simulated' END
        ) AS quality
    FROM period_return AS r
    JOIN period_quality AS q ON q.instrument_id = r.instrument_id AND q.session = r.session AND q.kind = 'own'
    LEFT JOIN consumer_price AS f ON year(f.price_month) = year(r.period) - 1 AND month(f.price_month) = 12
    LEFT JOIN consumer_price AS t ON year(t.price_month) = year(r.period) AND month(t.price_month) = 12
)

SELECT
    instrument_id, period, start_session, session, days, n, simple_return, ln(1 + simple_return) AS log_return,
    CASE WHEN simple_return IS NULL THEN concat_ws(',', nullif(quality, ''), 'no_cpi') ELSE quality END AS quality
FROM earned
ORDER BY instrument_id, period
