-- level: the return indices of every instrument, before aggregation by year.
-- Formula: return_index in the instrument's own currency (rate 1); NaN means no figure, because
--          max_by skips nulls and would return an earlier session. Yields (asset class rate) have
--          no return
-- Unit: quote currency
-- Grain: instrument_id, session
-- Source: return_index, instrument
SELECT
    i.instrument_id, n.calendar, i.session, i.close,
    CAST(1 AS DOUBLE) AS rate,
    coalesce(i.price_index, CAST('NaN' AS DOUBLE)) AS price,
    coalesce(i.total_index, CAST('NaN' AS DOUBLE)) AS total,
    coalesce(i.vendor_adjusted_index, CAST('NaN' AS DOUBLE)) AS vendor_adjusted
FROM return_index AS i
JOIN instrument AS n ON n.instrument_id = i.instrument_id
WHERE n.asset_class <> 'rate'
