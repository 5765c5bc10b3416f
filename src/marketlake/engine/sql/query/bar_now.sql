-- bar_now: the current bars of some instruments.
-- Formula: bar, filtered to $ids in the asset classes $classes (which prunes files and row groups)
-- Unit: as bar
-- Grain: instrument_id, session
-- Source: bar
SELECT
    instrument_id, session, open, high, low, close, volume, dividend, split,
    source, close_at, known_at, observed_at, backfilled
FROM main.bar
WHERE list_contains($classes, asset_class) AND instrument_id IN (SELECT unnest($ids))
