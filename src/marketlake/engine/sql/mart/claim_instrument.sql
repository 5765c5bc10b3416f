-- claim_instrument: the sides of the pairs as instruments, for years on shared sessions.
-- Formula: as the member; anchored instruments are facts only at their own year ends, which shared sessions are not
-- Unit: -
-- Grain: instrument_id (of claim_side)
-- Source: claim_side
SELECT
    instrument_id, asset_class, pair AS calendar, quote_currency, return_basis, proxy_for,
    CASE WHEN synthetic = 'no' THEN 'no' ELSE 'all' END AS synthetic
FROM claim_side
