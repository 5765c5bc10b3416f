-- reconciled: the latest comparison of sources on each session.
-- Formula: the latest row per instrument and session
-- Unit: closes as traded in the quote currency; distances in basis points (1/10,000)
-- Grain: instrument_id, session
-- Source: reconciliation
SELECT *
FROM reconciliation
QUALIFY row_number() OVER (PARTITION BY instrument_id, session ORDER BY observed_at DESC, run_id DESC) = 1
