-- action: the sessions on which a dividend or a split took effect.
-- Formula: dividend <> 0 or split <> 1
-- Unit: dividend in the quote currency per share as traded; split in new shares per old
-- Grain: instrument_id, session
-- Source: bar
SELECT instrument_id, session, close, dividend, split, source, known_at, observed_at, asset_class, year
FROM bar
WHERE dividend <> 0 OR split <> 1
