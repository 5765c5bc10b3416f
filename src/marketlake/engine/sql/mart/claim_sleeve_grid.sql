-- claim_sleeve_grid: a claim about a sleeve under every reading of it, in its own years and in the latest whole ones.
-- Formula: readings: the plan and sleeve meant x rebalancing x what makes room for the sleeve (claim_plan) x daily or
--          monthly volatility or deepest fall x nominal, real, over the bill; the headline is the claim's own plan, daily
--          volatility, nominal. holds: return per risk is higher with the sleeve, by more than 1e-12
-- Unit: ratios; years: those of the span where every month's end is stored
-- Grain: claim_id, span, place, risk, worth
-- Source: claim_sleeve, claim_sleeve_ratio, claim_plan, claim, claim_obstacle
WITH span AS (
    SELECT claim_id, of_years, 'published' AS span, last_year FROM claim
    UNION ALL
    SELECT c.claim_id, c.of_years, 'rolled' AS span, max(s.end_year) AS last_year
    FROM claim AS c
    LEFT JOIN claim_sleeve AS s ON s.claim_id = c.claim_id AND s.rolled
    GROUP BY c.claim_id, c.of_years
),

judged AS (
    SELECT
        p.claim_id, k.span, p.place, p.a, p.b, p.rebalance, p.funded_by, risk.risk, worth.worth,
        k.last_year - k.of_years + 1 AS first_year, k.last_year, k.of_years, r.with_sleeve, r.without_sleeve,
        CASE
            WHEN o.obstacle IS NOT NULL THEN o.obstacle
            WHEN r.claim_id IS NULL THEN 'the holdings do not share these years'
            ELSE r.obstacle
        END AS obstacle
    FROM claim_plan AS p
    JOIN span AS k ON k.claim_id = p.claim_id
    JOIN claim_obstacle AS o ON o.claim_id = p.claim_id AND o.variant = p.variant
    CROSS JOIN (VALUES ('daily_volatility'), ('monthly_volatility'), ('deepest_fall')) AS risk (risk)
    CROSS JOIN (VALUES ('nominal'), ('real'), ('over_bill')) AS worth (worth)
    LEFT JOIN claim_sleeve_ratio AS r
        ON r.claim_id = p.claim_id AND r.place = p.place AND r.end_year = k.last_year AND r.end_month = 12
        AND r.risk = risk.risk AND r.worth = worth.worth
)

SELECT
    j.claim_id, j.span, CAST(j.first_year AS INTEGER) AS first_year, CAST(j.last_year AS INTEGER) AS last_year, j.place,
    j.a, j.b, j.rebalance, j.funded_by, j.risk, j.worth,
    j.place = 0 AND j.risk = 'daily_volatility' AND j.worth = 'nominal' AS headline,
    CASE
        WHEN j.obstacle IS NOT NULL THEN 'cannot be said'
        WHEN j.with_sleeve - j.without_sleeve > 1e-12 THEN 'holds'
        WHEN j.span = 'rolled' AND p.obstacle IS NULL AND p.with_sleeve - p.without_sleeve > 1e-12 THEN 'holds no longer'
        ELSE 'does not hold'
    END AS verdict,
    coalesce(
        j.obstacle,
        'return per risk ' || CAST(CAST(j.with_sleeve AS DECIMAL(18, 3)) AS VARCHAR) || ' with ' || j.a || ', '
        || CAST(CAST(j.without_sleeve AS DECIMAL(18, 3)) AS VARCHAR) || ' without'
    ) AS reason,
    CASE WHEN j.obstacle IS NULL THEN j.of_years END AS years,
    CASE WHEN j.obstacle IS NULL THEN j.with_sleeve END AS with_sleeve,
    CASE WHEN j.obstacle IS NULL THEN j.without_sleeve END AS without_sleeve
FROM judged AS j
JOIN judged AS p
    ON p.span = 'published' AND p.claim_id = j.claim_id AND p.place = j.place AND p.risk = j.risk AND p.worth = j.worth
