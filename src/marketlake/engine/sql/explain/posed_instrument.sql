-- posed_instrument: each target once per step.
-- Formula: instrument, under the step's name; those in $simulated as fully simulated
-- Unit: -
-- Grain: instrument_id (the step)
-- Source: instrument, pose
SELECT
    p.posed AS instrument_id, n.asset_class, n.calendar, n.quote_currency, n.return_basis, n.proxy_for,
    CASE WHEN list_contains($simulated, n.instrument_id) THEN 'all' ELSE n.synthetic END AS synthetic
FROM main.instrument AS n
JOIN pose AS p ON p.target = n.instrument_id
WHERE p.number BETWEEN $low AND $high
