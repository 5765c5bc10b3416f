-- reconciled_pair: the latest comparison of two sources of an instrument.
-- Formula: the latest row per instrument and pair of sources
-- Unit: distances in basis points (1/10,000); shares as fractions
-- Grain: instrument_id, source_a, source_b
-- Source: reconciliation_pair
SELECT *
FROM reconciliation_pair
QUALIFY row_number() OVER (
    PARTITION BY instrument_id, source_a, source_b ORDER BY observed_at DESC, run_id DESC
) = 1
