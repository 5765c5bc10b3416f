-- edge_return: the daily returns of the years that the window cuts: at most its first and its last
--     year.
-- Formula: rows of daily_return from $first_day to $last_day in those years; an instrument stored
--          only as total return uses that
-- Unit: fraction; levels in the quote currency
-- Grain: instrument_key, session
-- Source: daily_return
SELECT
    instrument_key, year, session, start_session, risk_free, price_return AS simple_return, price_level AS level
FROM daily_return
WHERE
    year = (
        -- include: shared/first_cut
    )
    AND session >= $first_day AND session <= $last_day AND $basis = 'price' AND price_level IS NOT NULL
UNION ALL
SELECT
    instrument_key, year, session, start_session, risk_free, total_return AS simple_return, total_level AS level
FROM daily_return
WHERE
    year = (
        -- include: shared/first_cut
    )
    AND session >= $first_day AND session <= $last_day AND ($basis <> 'price' OR price_level IS NULL)
    AND total_level IS NOT NULL
UNION ALL
SELECT
    instrument_key, year, session, start_session, risk_free, price_return AS simple_return, price_level AS level
FROM daily_return
WHERE
    year = (
        -- include: shared/last_cut
    )
    AND session <= $last_day AND $basis = 'price' AND price_level IS NOT NULL
UNION ALL
SELECT
    instrument_key, year, session, start_session, risk_free, total_return AS simple_return, total_level AS level
FROM daily_return
WHERE
    year = (
        -- include: shared/last_cut
    )
    AND session <= $last_day AND ($basis <> 'price' OR price_level IS NULL) AND total_level IS NOT NULL
