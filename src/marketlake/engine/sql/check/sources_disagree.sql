-- sources_disagree: a session on which the sources differed in the latest comparison.
-- Severity: warn
-- Formula: the latest comparison of the session has a cause other than agrees
-- Why: the lake cannot decide which source is right; docs/reconcile.md has the tolerance of each
--      asset class
-- Remedy: a correction where the stored source is off, then compare again (`marketlake reconcile ID
--         --from DAY --to DAY`); where it is often off, another order of sources in
--         instruments.toml, for sessions to come
-- Unit: basis points
-- Grain: instrument_id, session
-- Source: reconciled
SELECT
    instrument_id, session,
    format('{}; consensus {:.6g}, {} off by {:.4g} bp', off, consensus_close, furthest_source, deviation_bp) AS message
FROM reconciled
WHERE cause <> 'agrees'
