-- claim_sleeve_ratio: return per risk with the sleeve and without it, in every sense of both.
-- Formula: nominal: annual_return / risk, where risk is daily or monthly volatility or the deepest fall;
--          real: ((growth / consumer prices)^(1 / years) - 1) / risk, between ends of years only;
--          over_bill: sharpe, or (annual_return - bill_return) / the deepest fall.
--          A ratio ranks gains only: where neither plan gained, it says nothing
-- Unit: ratio
-- Grain: claim_id, place, end_year, end_month, risk, worth
-- Source: claim_sleeve, claim_plan, claim_inflation, instrument
WITH inflation AS (
    SELECT
        s.claim_id, s.place, s.end_year, s.end_month, s.side,
        exp(sum(ln(i.ratio))) AS ratio, count(i.ratio) AS priced, max(CASE WHEN i.simulated THEN 1 ELSE 0 END) AS simulated
    FROM claim_sleeve AS s
    JOIN claim_plan AS p ON p.claim_id = s.claim_id AND p.place = s.place
    JOIN claim_inflation AS i
        ON i.instrument_id = p.cpi AND i.year > year(s.start_session) AND i.year <= s.end_year
    WHERE s.end_month = 12
    GROUP BY s.claim_id, s.place, s.end_year, s.end_month, s.side
),

sense AS (
    SELECT
        s.claim_id, s.place, s.end_year, s.end_month, s.side, s.months, s.expected_months, risk.risk, worth.worth,
        s.years, p.cpi, p.bill, coalesce(i.priced, 0) AS priced, s.bill_return,
        CASE
            WHEN worth.worth = 'real' THEN coalesce(i.simulated, 0)
            WHEN worth.worth = 'over_bill' AND n.synthetic <> 'no' THEN 1
            ELSE 0
        END AS simulated,
        CASE worth.worth
            WHEN 'nominal' THEN s.annual_return
            WHEN 'real' THEN CASE WHEN i.priced >= s.years THEN power(s.growth / i.ratio, 1 / s.years) - 1 END
            ELSE CASE risk.risk
                WHEN 'daily_volatility' THEN s.sharpe
                WHEN 'monthly_volatility' THEN s.monthly_sharpe
                ELSE s.annual_return - s.bill_return
            END
        END AS gain,
        CASE
            WHEN risk.risk = 'deepest_fall' THEN -s.deepest_fall
            WHEN worth.worth = 'over_bill' THEN 1
            WHEN risk.risk = 'monthly_volatility' THEN s.monthly_volatility
            ELSE s.volatility
        END AS risk_taken
    FROM claim_sleeve AS s
    JOIN claim_plan AS p ON p.claim_id = s.claim_id AND p.place = s.place
    CROSS JOIN (VALUES ('daily_volatility'), ('monthly_volatility'), ('deepest_fall')) AS risk (risk)
    CROSS JOIN (VALUES ('nominal'), ('real'), ('over_bill')) AS worth (worth)
    LEFT JOIN inflation AS i
        ON i.claim_id = s.claim_id AND i.place = s.place AND i.end_year = s.end_year AND i.end_month = s.end_month
        AND i.side = s.side
    LEFT JOIN main.instrument AS n ON n.instrument_id = p.bill
)

SELECT
    x.claim_id, x.place, x.end_year, x.end_month, x.risk, x.worth,
    CASE WHEN x.risk_taken > 1e-12 THEN x.gain / x.risk_taken END AS with_sleeve,
    CASE WHEN y.risk_taken > 1e-12 THEN y.gain / y.risk_taken END AS without_sleeve,
    CASE
        WHEN x.months < x.expected_months
            THEN 'only ' || x.months || ' of ' || x.expected_months || ' month ends are stored for all holdings'
        WHEN x.worth = 'real' AND x.cpi IS NULL THEN 'no consumer prices in this lake'
        WHEN x.worth = 'real' AND x.priced < x.years
            THEN 'no consumer prices for ' || CAST(x.years - x.priced AS INTEGER) || ' of ' || CAST(x.years AS INTEGER) || ' years'
        WHEN x.worth = 'over_bill' AND x.bill IS NULL THEN 'no Treasury bill in this lake'
        WHEN x.worth = 'over_bill' AND x.bill_return IS NULL THEN 'no yield of ' || x.bill || ' on some of the days'
        WHEN x.simulated > 0 THEN 'figures are simulated'
        WHEN x.risk_taken <= 1e-12 OR y.risk_taken <= 1e-12 THEN 'nothing varied: there is no risk to divide by'
        WHEN x.gain <= 0 AND y.gain <= 0
            THEN 'neither plan gained' || CASE x.worth
                WHEN 'real' THEN ' after inflation' WHEN 'over_bill' THEN ' more than the bill' ELSE ''
            END || ': a ratio does not rank losses'
    END AS obstacle
FROM sense AS x
JOIN sense AS y
    ON y.side = 'without' AND y.claim_id = x.claim_id AND y.place = x.place AND y.end_year = x.end_year
    AND y.end_month = x.end_month AND y.risk = x.risk AND y.worth = x.worth
WHERE x.side = 'with'
