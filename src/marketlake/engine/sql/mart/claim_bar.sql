-- claim_bar: the bars of the instruments that any claim names, so that a build scans no other.
-- Formula: bar, narrowed to a and every b of the claims, and to all that their plans may hold
-- Unit: as bar
-- Grain: instrument_id, session
-- Source: bar, claim_opponent, claim_weight
SELECT instrument_id, session, close, dividend, split
FROM main.bar
WHERE instrument_id IN (
    SELECT a FROM claim_opponent
    UNION
    SELECT b FROM claim_opponent
    UNION
    SELECT instrument_id FROM claim_weight
)
