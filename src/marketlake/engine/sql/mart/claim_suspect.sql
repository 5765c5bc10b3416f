-- claim_suspect: the suspect sessions of both sides of each pair, for years on shared sessions.
-- Formula: those of the member
-- Unit: -
-- Grain: instrument_id (of claim_side), session
-- Source: suspect_session, claim_side
SELECT s.instrument_id, d.session, d.of_price
FROM claim_side AS s
JOIN main.suspect_session AS d ON d.instrument_id = s.member
