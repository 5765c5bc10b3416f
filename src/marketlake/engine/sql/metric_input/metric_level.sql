-- metric_level: the value of one unit, on the requested basis and in the requested currency, up to
--     $last_day.
-- Formula: nominal = return index of $basis x exchange rate; level = nominal / the last consumer
--          price index published by the session (1 unless $real). Null where there is no figure;
--          `missing` names the cause. With $sessions = 'shared' only the sessions of all requested
--          instruments
-- Unit: the requested currency
-- Grain: instrument_id, session
-- Source: return_index, exchange_rate, instrument, consumer_price
WITH converted AS (
    SELECT
        i.instrument_id, i.session, x.rate,
        x.rate * CASE
            WHEN n.return_basis = 'total' OR $basis = 'total' THEN i.total_index
            WHEN $basis = 'price' THEN i.price_index
            ELSE i.vendor_adjusted_index
        END AS nominal,
        CASE WHEN $real THEN p.price_level ELSE CAST(1 AS DOUBLE) END AS deflator
    FROM return_index AS i
    JOIN instrument AS n ON n.instrument_id = i.instrument_id
    JOIN exchange_rate AS x ON x.instrument_id = i.instrument_id AND x.session = i.session
    LEFT JOIN consumer_price AS p ON i.session >= p.published AND i.session < p.replaced
    WHERE i.session <= $last_day
),

shared AS (
    SELECT session
    FROM converted
    GROUP BY session
    HAVING count(*) = (SELECT count(DISTINCT instrument_id) FROM converted)
)

SELECT
    instrument_id, session, unix_date(session) AS day, nominal, deflator, nominal / deflator AS level,
    CASE
        WHEN rate IS NULL THEN 'no_rate' WHEN nominal IS NULL THEN 'no_price' WHEN deflator IS NULL THEN 'no_cpi'
    END AS missing
FROM converted
WHERE $sessions = 'own' OR session IN (SELECT session FROM shared)
