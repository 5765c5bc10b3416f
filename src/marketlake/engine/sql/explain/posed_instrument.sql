-- posed_instrument: the instrument once for each step.
-- Formula: instrument, under the step's name
-- Unit: -
-- Grain: instrument_id (the step)
-- Source: instrument, pose
SELECT
    p.posed AS instrument_id, n.asset_class, n.calendar, n.quote_currency, n.return_basis, n.proxy_for, n.synthetic
FROM main.instrument AS n
CROSS JOIN pose AS p
WHERE n.instrument_id = $instrument
