-- year_end: the start and end of an instrument's year on both bases, from its first and its last
--     session.
-- Formula: price_low_ahead at the first session is the year's lowest level, price_high at the last
--          one its highest. Null where the year's end has no level: after an event without a
--          factor. The very first returns start from the first session
-- Unit: levels in the quote currency
-- Grain: instrument_id (of one year)
-- Source: daily_step
SELECT
    instrument_id,
    coalesce(max(CASE WHEN first_of_year THEN start_session END), nullif(min(session), max(session))) AS start_session,
    min(session) AS first_session,
    max(session) AS last_session,
    max(CASE WHEN first_of_year THEN 1 + price_return END) AS price_first_growth,
    max(CASE WHEN first_of_year THEN price_level END) AS price_first_level,
    max(CASE WHEN last_of_year THEN price_level END) AS price_last_level,
    max(CASE WHEN first_of_year THEN price_low_ahead END) AS price_low_level,
    max(CASE WHEN last_of_year THEN price_high END) AS price_high_level,
    max(CASE WHEN first_of_year THEN 1 + total_return END) AS total_first_growth,
    max(CASE WHEN first_of_year THEN total_level END) AS total_first_level,
    max(CASE WHEN last_of_year THEN total_level END) AS total_last_level,
    max(CASE WHEN first_of_year THEN total_low_ahead END) AS total_low_level,
    max(CASE WHEN last_of_year THEN total_high END) AS total_high_level
FROM daily_step
WHERE first_of_year OR last_of_year
GROUP BY instrument_id
