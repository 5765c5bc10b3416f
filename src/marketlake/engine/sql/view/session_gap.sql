-- session_gap: sessions between stored ones that were asked for and not served, as they stand.
-- Formula: of each instrument and session the row that filled it, else the one of most tries
-- Unit: tries in runs that were answered
-- Grain: instrument_id, session
-- Source: gap
SELECT *
FROM gap
QUALIFY row_number() OVER (PARTITION BY instrument_id, session ORDER BY state = 'filled' DESC, tries DESC) = 1
