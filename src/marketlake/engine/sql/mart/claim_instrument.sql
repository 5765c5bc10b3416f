-- claim_instrument: both sides of each pair as instruments, for years on shared sessions.
-- Formula: as the member; an anchored instrument has published figures only at its own month ends,
--          which shared sessions are not
-- Unit: -
-- Grain: instrument_id (of claim_side)
-- Source: claim_side
SELECT
    instrument_id, asset_class, pair AS calendar, quote_currency, return_basis, proxy_for,
    CASE WHEN synthetic = 'no' THEN 'no' ELSE 'all' END AS synthetic
FROM claim_side
