-- instrument_name: the names that an instrument can be given by: its id, and its symbols.
-- Formula: ids and the symbols of all sources, in upper case; an id is never read as a symbol of
--          another instrument
-- Unit: -
-- Grain: name
-- Source: instrument
WITH symbol AS (
    SELECT DISTINCT s.instrument_id, upper(substr(s.entry, strpos(s.entry, ':') + 1)) AS name
    FROM (SELECT instrument_id, unnest(sources) AS entry FROM instrument) AS s
)

SELECT instrument_id AS name, [instrument_id] AS instrument_ids
FROM instrument
UNION ALL
SELECT name, list(instrument_id ORDER BY instrument_id) AS instrument_ids
FROM symbol
WHERE name NOT IN (SELECT instrument_id FROM instrument)
GROUP BY name
