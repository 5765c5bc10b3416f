-- claim_sleeve: return and risk of a claim's plan with its sleeve and without it, in every stretch it is put to.
-- Formula: annual_return = growth^(1 / years) - 1; years: those of the claim between ends of years, otherwise days / 365.25;
--          volatility = sample standard deviation x sqrt(returns a year), of daily returns and of monthly ones (12 a year);
--          deepest_fall: the least of index / its highest until then - 1, by the day; sharpe = mean / sample standard
--          deviation of the returns over the bill's x sqrt(returns a year); bill_return a year, over the same days.
--          Figures are null where a month's end is missing or the plan has an obstacle; the bill's where a yield is
-- Unit: fraction a year; ratios
-- Grain: claim_id, place, end_year, end_month, side
-- Source: claim_run, claim_plan_return, claim_bill, claim_plan
WITH indexed AS (
    SELECT
        run, session, with_return, without_return, riskless,
        exp(sum(ln(1 + with_return)) OVER past) AS with_index, exp(sum(ln(1 + without_return)) OVER past) AS without_index
    FROM claim_plan_return
    WINDOW past AS (PARTITION BY run ORDER BY session ROWS UNBOUNDED PRECEDING)
),

fallen AS (
    SELECT
        run, session, with_return, without_return, riskless, with_index, without_index,
        with_index / greatest(1, max(with_index) OVER past) - 1 AS with_fall,
        without_index / greatest(1, max(without_index) OVER past) - 1 AS without_fall
    FROM indexed
    WINDOW past AS (PARTITION BY run ORDER BY session ROWS UNBOUNDED PRECEDING)
),

daily AS (
    SELECT
        run, count(*) AS returns,
        CASE WHEN count(riskless) = count(*) THEN exp(sum(ln(1 + riskless))) END AS bill_growth,
        max_by(with_index, session) AS with_growth, max_by(without_index, session) AS without_growth,
        min(with_fall) AS with_fall, min(without_fall) AS without_fall,
        stddev_samp(with_return) AS with_deviation, stddev_samp(without_return) AS without_deviation,
        avg(with_return - riskless) AS with_excess, avg(without_return - riskless) AS without_excess,
        stddev_samp(with_return - riskless) AS with_excess_deviation,
        stddev_samp(without_return - riskless) AS without_excess_deviation
    FROM fallen
    GROUP BY run
),

calendar_month AS (
    SELECT
        run, month, min(previous) AS start_session, max(session) AS session,
        exp(sum(ln(1 + with_return))) - 1 AS with_return, exp(sum(ln(1 + without_return))) - 1 AS without_return
    FROM claim_plan_return
    GROUP BY run, month
),

beside_bill AS (
    SELECT
        m.run, m.with_return, m.without_return,
        power(1 - y.discount_yield * 91 / 360, -(unix_date(m.session) - unix_date(m.start_session)) / 91.0) - 1 AS riskless
    FROM calendar_month AS m
    JOIN claim_run AS r ON r.run = m.run
    JOIN claim_plan AS p ON p.claim_id = r.claim_id AND p.place = r.place
    LEFT JOIN claim_bill AS y ON y.bill = p.bill AND y.day = unix_date(m.start_session)
),

monthly AS (
    SELECT
        run,
        stddev_samp(with_return) AS with_deviation, stddev_samp(without_return) AS without_deviation,
        avg(with_return - riskless) AS with_excess, avg(without_return - riskless) AS without_excess,
        stddev_samp(with_return - riskless) AS with_excess_deviation,
        stddev_samp(without_return - riskless) AS without_excess_deviation
    FROM beside_bill
    GROUP BY run
),

side AS (
    SELECT
        'with' AS side, d.run, d.returns, d.bill_growth, d.with_growth AS growth, d.with_fall AS deepest_fall,
        d.with_deviation AS deviation, d.with_excess AS excess, d.with_excess_deviation AS excess_deviation,
        m.with_deviation AS monthly_deviation, m.with_excess AS monthly_excess,
        m.with_excess_deviation AS monthly_excess_deviation
    FROM daily AS d
    JOIN monthly AS m ON m.run = d.run
    UNION ALL
    SELECT
        'without' AS side, d.run, d.returns, d.bill_growth, d.without_growth AS growth, d.without_fall AS deepest_fall,
        d.without_deviation AS deviation, d.without_excess AS excess, d.without_excess_deviation AS excess_deviation,
        m.without_deviation AS monthly_deviation, m.without_excess AS monthly_excess,
        m.without_excess_deviation AS monthly_excess_deviation
    FROM daily AS d
    JOIN monthly AS m ON m.run = d.run
),

length AS (
    SELECT
        run,
        CASE
            WHEN end_month % 12 = 11 THEN CAST(of_years AS DOUBLE)
            ELSE (unix_date(end_session) - unix_date(start_session)) / 365.25
        END AS years
    FROM claim_run
)

SELECT
    r.claim_id, r.place, CAST(floor(r.end_month / 12) AS INTEGER) AS end_year, CAST(r.end_month % 12 + 1 AS INTEGER) AS end_month,
    k.side, r.published, r.rolled, r.start_session, r.end_session, l.years,
    CAST(r.months AS INTEGER) AS months, CAST(12 * r.of_years + 1 AS INTEGER) AS expected_months,
    d.growth,
    power(d.growth, 1 / l.years) - 1 AS annual_return,
    d.deviation * sqrt(d.returns / l.years) AS volatility,
    d.monthly_deviation * sqrt(12) AS monthly_volatility,
    d.deepest_fall,
    power(d.bill_growth, 1 / l.years) - 1 AS bill_return,
    CASE
        WHEN d.bill_growth IS NOT NULL AND d.excess_deviation > 1e-12
            THEN d.excess / d.excess_deviation * sqrt(d.returns / l.years)
    END AS sharpe,
    CASE
        WHEN d.bill_growth IS NOT NULL AND d.monthly_excess_deviation > 1e-12
            THEN d.monthly_excess / d.monthly_excess_deviation * sqrt(12)
    END AS monthly_sharpe
FROM claim_run AS r
JOIN length AS l ON l.run = r.run
CROSS JOIN (VALUES ('with'), ('without')) AS k (side)
LEFT JOIN side AS d ON d.run = r.run AND d.side = k.side
ORDER BY r.claim_id, r.place, r.end_month, k.side
