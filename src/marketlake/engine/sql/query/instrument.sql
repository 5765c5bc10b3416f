-- instrument: the instruments, those in $simulated marked as wholly made up.
-- Formula: anchored instruments are facts only at their own year ends; shared sessions and simulated rates spoil that
-- Unit: -
-- Grain: instrument_id
-- Source: instrument
SELECT
    instrument_id, asset_class, calendar, quote_currency, return_basis, proxy_for, until,
    CASE WHEN list_contains($simulated, instrument_id) THEN 'all' ELSE synthetic END AS synthetic
FROM main.instrument
