-- change_row: the changes of some kinds in order, at most $most of them.
-- Formula: change, filtered to $kinds
-- Unit: as bar
-- Grain: instrument_id, session
-- Source: change
SELECT *
FROM change
WHERE list_contains($kinds, kind)
ORDER BY instrument_id, session
LIMIT $most
