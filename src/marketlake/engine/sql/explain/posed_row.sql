-- posed_row: every row at each step: the new values up to the step's own row, the old ones after
--     it.
-- Formula: rows are in the order of the steps; a session that was not stored before is missing
--          until its own step
-- Unit: as bar
-- Grain: posed, instrument_id, session
-- Source: held_row, pose
WITH turn AS (
    SELECT
        p.posed, h.*,
        h.session < p.session OR (
            h.session = p.session AND (h.rate < p.rate OR (h.rate = p.rate AND h.instrument_id <= p.instrument_id))
        ) AS replaced
    FROM pose AS p
    JOIN held_row AS h ON h.target = p.target
    WHERE p.number BETWEEN $low AND $high
)

SELECT
    posed, instrument_id, session, rate,
    CASE WHEN replaced THEN new_close ELSE old_close END AS close,
    CASE WHEN replaced THEN new_dividend ELSE old_dividend END AS dividend,
    CASE WHEN replaced THEN new_split ELSE old_split END AS split
FROM turn
WHERE replaced OR NOT is_new
