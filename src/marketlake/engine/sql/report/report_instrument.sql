-- report_instrument: the instruments that the report can compare, with the properties that the page
--     needs.
-- Formula: those that have a return and a bar stored since $since; day numbers count from
--          1970-01-01
-- Unit: -
-- Grain: instrument_id
-- Source: instrument, bar, suspect_session
WITH stored AS (
    SELECT instrument_id, count(*) AS bars
    FROM main.bar
    WHERE asset_class NOT IN ('rate', 'inflation') AND session >= $since
    GROUP BY instrument_id
),

doubted AS (
    SELECT
        instrument_id,
        list(session - DATE '1970-01-01' ORDER BY session) AS days,
        list(session - DATE '1970-01-01' ORDER BY session) FILTER (of_price) AS price_days
    FROM main.suspect_session
    GROUP BY instrument_id
)

SELECT
    n.instrument_id AS id, n.name, n.asset_class, n.calendar, n.quote_currency AS currency, n.base_currency, n.return_basis,
    n.proxy_for, n.synthetic, n.until - DATE '1970-01-01' AS until, s.bars,
    coalesce(d.days, []) AS suspect_days, coalesce(d.price_days, []) AS suspect_price_days
FROM main.instrument AS n
JOIN stored AS s ON s.instrument_id = n.instrument_id
LEFT JOIN doubted AS d ON d.instrument_id = n.instrument_id
ORDER BY n.rowid
