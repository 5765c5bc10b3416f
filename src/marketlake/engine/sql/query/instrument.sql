-- instrument: the instruments; those in $simulated are marked as fully simulated.
-- Formula: an anchored instrument has published figures only at its own year ends; shared sessions
--          and simulated rates invalidate them
-- Unit: -
-- Grain: instrument_id
-- Source: instrument
SELECT
    instrument_id, asset_class, calendar, quote_currency, base_currency, return_basis, proxy_for, until,
    CASE WHEN list_contains($simulated, instrument_id) THEN 'all' ELSE synthetic END AS synthetic
FROM main.instrument
