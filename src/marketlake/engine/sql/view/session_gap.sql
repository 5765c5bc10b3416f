-- session_gap: the current state of sessions between stored ones that were requested and not
--     served.
-- Formula: per instrument and session the row with state filled, otherwise the one with the most
--          tries
-- Unit: tries count the runs that were answered
-- Grain: instrument_id, session
-- Source: gap
SELECT *
FROM gap
QUALIFY row_number() OVER (PARTITION BY instrument_id, session ORDER BY state = 'filled' DESC, tries DESC) = 1
