-- claim_holding_base: a plan's holdings by session, each with where it stood when the weights last went back to target.
-- Formula: base: the last session before this stretch of rebalance_months (null in the first, and where never
--          rebalanced); base_level: the level there
-- Unit: quote currency; fraction
-- Grain: claim_id, variant, rebalance, instrument_id, session
-- Source: claim_holding, claim_plan
WITH plan AS (
    SELECT DISTINCT claim_id, variant, rebalance, rebalance_months FROM claim_plan
)

SELECT
    p.claim_id, p.variant, p.rebalance, h.instrument_id, h.session, h.month, h.level, h.previous, h.previous_level, h.riskless,
    CASE WHEN p.rebalance_months IS NOT NULL THEN first_value(h.previous) OVER stretch END AS base,
    CASE WHEN p.rebalance_months IS NOT NULL THEN first_value(h.previous_level) OVER stretch END AS base_level
FROM plan AS p
JOIN claim_holding AS h ON h.claim_id = p.claim_id AND h.variant = p.variant
WINDOW stretch AS (
    PARTITION BY p.claim_id, p.variant, p.rebalance, h.instrument_id, floor(h.month / p.rebalance_months) ORDER BY h.session
)
