-- stored_subject: the properties of each instrument that the checks read.
-- Formula: instrument
-- Unit: -
-- Grain: subject
-- Source: instrument
SELECT
    instrument_key AS subject, instrument_id, asset_class, calendar, negative_prices AS signed
FROM instrument
