-- stored_subject: what the checks must know of each instrument; nothing is stored before its first row.
-- Formula: instrument
-- Unit: -
-- Grain: subject
-- Source: instrument
SELECT
    instrument_key AS subject, instrument_id, asset_class, calendar, negative_prices AS signed,
    CAST(NULL AS DOUBLE) AS before
FROM instrument
