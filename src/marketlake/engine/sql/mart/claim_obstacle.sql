-- claim_obstacle: why a plan that a claim may mean gives no verdict, whatever the years.
-- Formula: the first that applies: an instrument that is not there; one that cannot be held; two currencies; holdings
--          whose days between the year ends are made up, since risk is measured by the day. Null where nothing does
-- Unit: -
-- Grain: claim_id, variant
-- Source: claim_weight, instrument
WITH member AS (
    SELECT DISTINCT claim_id, variant, instrument_id FROM claim_weight
)

SELECT
    m.claim_id, m.variant, count(*) AS members,
    CASE
        WHEN count(n.instrument_id) < count(*)
            THEN 'no instrument ' || min(CASE WHEN n.instrument_id IS NULL THEN m.instrument_id END) || ' in this lake'
        WHEN count(CASE WHEN n.asset_class IN ('rate', 'inflation') THEN 1 END) > 0
            THEN min(CASE WHEN n.asset_class IN ('rate', 'inflation') THEN m.instrument_id END) || ' is nothing a plan can hold'
        WHEN min(n.quote_currency) <> max(n.quote_currency) THEN 'its holdings are quoted in different currencies'
        WHEN count(CASE WHEN n.synthetic <> 'no' THEN 1 END) > 0 THEN 'figures are simulated'
    END AS obstacle
FROM member AS m
LEFT JOIN main.instrument AS n ON n.instrument_id = m.instrument_id
GROUP BY m.claim_id, m.variant
