-- claim_level: the return indices of both sides of a pair, on the sessions on which both have a
--     bar.
-- Formula: return_index where the other side has the session too; NaN means no figure; the calendar
--          is the pair's
-- Unit: quote currency
-- Grain: instrument_id (of claim_side), session
-- Source: return_index, claim_side
SELECT
    s.instrument_id, s.pair AS calendar, i.session, i.close,
    CAST(1 AS DOUBLE) AS rate,
    coalesce(i.price_index, CAST('NaN' AS DOUBLE)) AS price,
    coalesce(i.total_index, CAST('NaN' AS DOUBLE)) AS total,
    coalesce(i.vendor_adjusted_index, CAST('NaN' AS DOUBLE)) AS vendor_adjusted
FROM claim_side AS s
JOIN return_index AS i ON i.instrument_id = s.member
JOIN claim_side AS z ON z.pair = s.pair AND z.side <> s.side
JOIN return_index AS j ON j.instrument_id = z.member AND j.session = i.session
WHERE s.asset_class <> 'rate'
