-- claim_bar: the bars of the pairs in claims, so that a build scans no others.
-- Formula: bar, filtered to a and every b of the claims about years won
-- Unit: as bar
-- Grain: instrument_id, session
-- Source: bar, claim_opponent
SELECT instrument_id, session, close, dividend, split, known_at
FROM main.bar
WHERE instrument_id IN (
    SELECT a FROM claim_opponent
    UNION
    SELECT b FROM claim_opponent
)
