-- claim_holding: what a plan's holdings were worth, on the sessions that all of them have.
-- Formula: level: total_index (dividends reinvested; of a price index its price) where every member of the plan has one;
--          previous_level: that of the session before, d days ago; month counts from year 0;
--          riskless: (1 - y x 91/360)^(-d/91) - 1 with the bill's discount yield y known then
-- Unit: quote currency; fraction
-- Grain: claim_id, variant, instrument_id, session
-- Source: return_index, claim_weight, claim_obstacle, claim_plan, claim_bill
WITH member AS (
    SELECT DISTINCT w.claim_id, w.variant, w.instrument_id, o.members
    FROM claim_weight AS w
    JOIN claim_obstacle AS o ON o.claim_id = w.claim_id AND o.variant = w.variant
),

level AS (
    SELECT
        m.claim_id, m.variant, m.members, m.instrument_id, i.session, i.total_index AS level,
        count(*) OVER (PARTITION BY m.claim_id, m.variant, i.session) AS present
    FROM member AS m
    JOIN return_index AS i ON i.instrument_id = m.instrument_id
    WHERE i.total_index IS NOT NULL
),

step AS (
    SELECT
        claim_id, variant, instrument_id, session, level,
        lag(session) OVER past AS previous, lag(level) OVER past AS previous_level
    FROM level
    WHERE present = members
    WINDOW past AS (PARTITION BY claim_id, variant, instrument_id ORDER BY session)
),

plan AS (
    SELECT DISTINCT claim_id, variant, bill FROM claim_plan
)

SELECT
    s.claim_id, s.variant, s.instrument_id, s.session, year(s.session) * 12 + month(s.session) - 1 AS month, s.level,
    s.previous, s.previous_level,
    power(1 - y.discount_yield * 91 / 360, -(unix_date(s.session) - unix_date(s.previous)) / 91.0) - 1 AS riskless
FROM step AS s
JOIN plan AS p ON p.claim_id = s.claim_id AND p.variant = s.variant
LEFT JOIN claim_bill AS y ON y.bill = p.bill AND y.day = unix_date(s.previous)
