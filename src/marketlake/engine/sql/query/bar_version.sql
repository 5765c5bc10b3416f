-- bar_version: the versions of some instruments.
-- Formula: bar_version, filtered to $ids in the asset classes $classes (which prunes files and row
--          groups)
-- Unit: as bar
-- Grain: instrument_id, session, observed_at
-- Source: bar_version
SELECT
    instrument_id, session, open, high, low, close, volume, dividend, split, source, observed_at, superseded_at, year
FROM main.bar_version
WHERE list_contains($classes, asset_class) AND instrument_id IN (SELECT unnest($ids))
