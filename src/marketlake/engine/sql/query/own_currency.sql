-- own_currency: in place of exchange_rate where nothing is converted.
-- Formula: no rows; the rate of a session without a row is 1
-- Unit: -
-- Grain: instrument_id, session
-- Source: -
SELECT
    '' AS instrument_id, CAST(NULL AS DATE) AS session, CAST(1 AS DOUBLE) AS rate, CAST(NULL AS TIMESTAMPTZ) AS known_at,
    FALSE AS suspect
WHERE FALSE
