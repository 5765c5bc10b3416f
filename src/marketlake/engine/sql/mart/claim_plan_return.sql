-- claim_plan_return: what a plan returned from session to session, with its sleeve and without it.
-- Formula: the plan's worth is the sum of weight x level / level at the base, the later of the start and the last
--          rebalancing; a return is its worth / its worth at the previous session - 1
-- Unit: fraction
-- Grain: run, session
-- Source: claim_run_weight, claim_holding_base
WITH part AS (
    SELECT
        r.run, h.session, h.month, h.previous, h.riskless, r.with_weight, r.without_weight, h.level, h.previous_level,
        CASE WHEN h.base > r.start_session THEN h.base_level ELSE r.start_level END AS base_level
    FROM claim_run_weight AS r
    JOIN claim_holding_base AS h
        ON h.claim_id = r.claim_id AND h.variant = r.variant AND h.rebalance = r.rebalance
        AND h.instrument_id = r.instrument_id AND h.session > r.start_session AND h.session <= r.end_session
)

SELECT
    run, session, max(month) AS month, max(previous) AS previous, max(riskless) AS riskless,
    sum(with_weight * level / base_level) / sum(with_weight * previous_level / base_level) - 1 AS with_return,
    sum(without_weight * level / base_level) / sum(without_weight * previous_level / base_level) - 1 AS without_return
FROM part
GROUP BY run, session
