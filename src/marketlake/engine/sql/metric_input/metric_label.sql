-- metric_label: the labels of a figure: basis, currency, periods per year and quality.
-- Formula: the flags of metric_quality as text; for figures over the risk-free return (excess) also
--          no_bill, where the bill's yield is missing for some period, and simulated, where the
--          bill is (not its month ends, for returns by month). Kinds: span, own, pair
-- Unit: -
-- Grain: instrument_id, kind, excess
-- Source: metric_quality, metric_grid, metric_period, instrument
WITH priced AS (
    -- qualified: in a macro the unqualified name is the argument
    SELECT p.instrument_id, p.kind, max(CASE WHEN p.risk_free IS NULL THEN 1 ELSE 0 END) = 1 AS no_bill
    FROM metric_period AS p
    GROUP BY p.instrument_id, p.kind
)

SELECT
    q.instrument_id, q.kind, e.excess, g.periods_per_year,
    CASE
        WHEN n.return_basis = 'total' THEN 'total' WHEN n.asset_class = 'index' THEN 'price' ELSE $basis
    END AS return_basis,
    coalesce(CAST($currency AS VARCHAR), n.quote_currency) AS figure_currency,
    concat_ws(
        ',',
        CASE WHEN q.partial THEN 'partial' END,
        CASE WHEN q.gap THEN 'gap' END,
        CASE WHEN q.suspect THEN 'suspect' END,
        CASE WHEN q.stale THEN 'stale' END,
        CASE WHEN q.no_rate THEN 'no_rate' END,
        CASE WHEN q.no_price THEN 'no_price' END,
        CASE WHEN q.no_cpi THEN 'no_cpi' END,
        CASE WHEN e.excess AND p.no_bill THEN 'no_bill' END,
        CASE WHEN q.price_index THEN 'price_index' END,
        CASE WHEN q.proxy THEN 'proxy' END,
        CASE
            WHEN q.simulated OR (
                e.excess AND
                -- include: shared/bill_simulated
            ) THEN 'simulated'
        END
    ) AS quality
FROM metric_quality AS q
CROSS JOIN (VALUES (TRUE), (FALSE)) AS e (excess)
JOIN instrument AS n ON n.instrument_id = q.instrument_id
JOIN metric_grid AS g
    ON g.instrument_id = q.instrument_id AND g.kind = CASE WHEN q.kind = 'pair' THEN 'pair' ELSE 'own' END
LEFT JOIN instrument AS b ON b.instrument_id = $bill
LEFT JOIN priced AS p ON p.instrument_id = q.instrument_id AND p.kind = q.kind
