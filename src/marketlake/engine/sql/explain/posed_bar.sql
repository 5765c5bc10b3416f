-- posed_bar: the instrument's own rows, with each step as a separate instrument.
-- Formula: posed_row without the rates
-- Unit: as bar
-- Grain: instrument_id (the step), session
-- Source: posed_row
SELECT posed AS instrument_id, session, close, dividend, split, CAST(NULL AS TIMESTAMPTZ) AS known_at
FROM posed_row
WHERE NOT rate
