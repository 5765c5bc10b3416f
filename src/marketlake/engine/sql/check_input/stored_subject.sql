-- stored_subject: the properties of each instrument that the checks read.
-- Formula: instrument; before is null, because nothing is stored before the first row
-- Unit: -
-- Grain: subject
-- Source: instrument
SELECT
    instrument_key AS subject, instrument_id, asset_class, calendar, negative_prices AS signed,
    CAST(NULL AS DOUBLE) AS before
FROM instrument
