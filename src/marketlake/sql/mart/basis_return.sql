-- basis_return: the daily returns on each basis, one below the other.
-- Formula: daily_return, the columns of price and of total under the same names; only where there is a level
-- Unit: fraction; levels in the quote currency
-- Grain: instrument_id, session, basis
-- Source: daily_return
SELECT
    instrument_id, CAST(year(session) AS INTEGER) AS year, session, start_session, riskless, 'price' AS basis,
    price_return AS simple_return, price_level AS level, price_high AS high
FROM daily_return
WHERE price_level IS NOT NULL
UNION ALL
SELECT
    instrument_id, CAST(year(session) AS INTEGER) AS year, session, start_session, riskless, 'total' AS basis,
    total_return AS simple_return, total_level AS level, total_high AS high
FROM daily_return
WHERE total_level IS NOT NULL
