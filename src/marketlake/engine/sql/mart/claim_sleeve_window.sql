-- claim_sleeve_window: a claim about a sleeve in every stretch of its length that history has, by the month it ends in.
-- Formula: the claim's own plan, daily volatility, nominal; a month counts where all holdings have its last session.
--          Stretches that overlap share years, so neighbours are not independent of each other
-- Unit: ratios
-- Grain: claim_id, end_year, end_month
-- Source: claim_sleeve_ratio, claim, claim_obstacle
SELECT
    r.claim_id, r.end_year, r.end_month,
    CASE
        WHEN o.obstacle IS NOT NULL OR r.obstacle IS NOT NULL THEN 'cannot be said'
        WHEN r.with_sleeve - r.without_sleeve > 1e-12 THEN 'holds'
        ELSE 'does not hold'
    END AS verdict,
    coalesce(
        o.obstacle, r.obstacle,
        'return per risk ' || CAST(CAST(r.with_sleeve AS DECIMAL(18, 3)) AS VARCHAR) || ' with ' || c.a || ', '
        || CAST(CAST(r.without_sleeve AS DECIMAL(18, 3)) AS VARCHAR) || ' without'
    ) AS reason,
    CASE WHEN coalesce(o.obstacle, r.obstacle) IS NULL THEN c.of_years END AS years,
    CASE WHEN coalesce(o.obstacle, r.obstacle) IS NULL THEN r.with_sleeve END AS with_sleeve,
    CASE WHEN coalesce(o.obstacle, r.obstacle) IS NULL THEN r.without_sleeve END AS without_sleeve
FROM claim_sleeve_ratio AS r
JOIN claim AS c ON c.claim_id = r.claim_id
JOIN claim_obstacle AS o ON o.claim_id = r.claim_id AND o.variant = 0
WHERE r.place = 0 AND r.risk = 'daily_volatility' AND r.worth = 'nominal'
