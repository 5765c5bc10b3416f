-- claim_run_weight: what each run buys at its start, and at what level.
-- Formula: the weights of its plan; start_level: the holding's level at the start. Runs without a figure buy nothing: those
--          that lack a month's end and those of a plan with an obstacle
-- Unit: fraction; quote currency
-- Grain: run, instrument_id
-- Source: claim_run, claim_weight, claim_holding, claim_obstacle
SELECT
    r.run, r.claim_id, r.variant, r.rebalance, r.start_session, r.end_session,
    w.instrument_id, w.with_weight, w.without_weight, h.level AS start_level
FROM claim_run AS r
JOIN claim_obstacle AS o ON o.claim_id = r.claim_id AND o.variant = r.variant AND o.obstacle IS NULL
JOIN claim_weight AS w ON w.claim_id = r.claim_id AND w.place = r.place
JOIN claim_holding AS h
    ON h.claim_id = r.claim_id AND h.variant = r.variant AND h.session = r.start_session AND h.instrument_id = w.instrument_id
WHERE r.months = 12 * r.of_years + 1
