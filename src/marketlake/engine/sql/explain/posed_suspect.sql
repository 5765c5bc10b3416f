-- posed_suspect: the suspect sessions of each target, of its rates too, once per step.
-- Formula: those of the last build, whatever the step
-- Unit: -
-- Grain: instrument_id (the step), session, instrument or rate
-- Source: target_suspect, pose
SELECT p.posed AS instrument_id, d.session, d.of_price
FROM target_suspect AS d
JOIN pose AS p ON p.target = d.instrument_id
WHERE p.number BETWEEN $low AND $high
