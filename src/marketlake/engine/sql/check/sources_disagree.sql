-- sources_disagree: a session of which sources said different things when they were last compared.
-- Severity: warn
-- Formula: the latest comparison of the session, where its cause is not agrees
-- Why: which of them is right is for somebody to say; the tolerance of each asset class stands in docs/reconcile.md
-- Remedy: a correction where the stored source is off, another order of sources where it often is
-- Unit: basis points
-- Grain: instrument_id, session
-- Source: reconciled
SELECT
    instrument_id, session,
    format('{}; consensus {:.6g}, {} off by {:.4g} bp', off, consensus_close, furthest_source, deviation_bp) AS message
FROM reconciled
WHERE cause <> 'agrees'
