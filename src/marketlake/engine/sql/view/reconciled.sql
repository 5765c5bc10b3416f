-- reconciled: what sources said of each session when they were last compared.
-- Formula: the latest row of each instrument and session
-- Unit: closes as traded in the quote currency; distances in basis points (1/10,000)
-- Grain: instrument_id, session
-- Source: reconciliation
SELECT *
FROM reconciliation
QUALIFY row_number() OVER (PARTITION BY instrument_id, session ORDER BY observed_at DESC, run_id DESC) = 1
