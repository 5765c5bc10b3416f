-- claim_bar: the bars of the instruments that any claim names, so that a build scans no other.
-- Formula: bar, narrowed to a and every b of the claims
-- Unit: as bar
-- Grain: instrument_id, session
-- Source: bar, claim, claim_opponent
SELECT instrument_id, session, close, dividend, split
FROM main.bar
WHERE instrument_id IN (SELECT a FROM claim UNION SELECT b FROM claim_opponent)
