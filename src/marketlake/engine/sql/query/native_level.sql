-- native_level: the value of one unit on the requested basis, in each instrument's own currency, up
--     to $last_day; computed from bars for what stored_level does not cover: an as-of moment, or
--     vendor_adjusted.
-- Formula: return index of $basis (total where only that is stored); `missing` marks a session
--          without a figure
-- Unit: quote currency
-- Grain: instrument_id, session
-- Source: return_index, instrument
WITH chosen AS (
    SELECT
        i.instrument_id, i.session,
        CASE
            WHEN n.return_basis = 'total' OR $basis = 'total' THEN i.total_index
            WHEN $basis = 'price' THEN i.price_index
            ELSE i.vendor_adjusted_index
        END AS level
    FROM return_index AS i
    JOIN instrument AS n ON n.instrument_id = i.instrument_id
    WHERE i.session <= $last_day
)

SELECT instrument_id, session, level, CASE WHEN level IS NULL THEN 'no_price' END AS missing
FROM chosen
