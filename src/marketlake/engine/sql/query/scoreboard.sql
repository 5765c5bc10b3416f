-- scoreboard: the standard metrics of every instrument over a window, each in its own currency,
--     from daily returns.
-- Formula: as the metrics of the same names (frequency daily, own sessions). sharpe and sortino are
--          over zero, *_over_bill over the 13-week bill, for the returns with a known bill yield
--          Without $all_classes only what can be held: no yields and no consumer prices
-- Unit: fraction; ratio for sharpe, sortino, calmar, skew, kurtosis
-- Grain: instrument_id
-- Source: span_moment, span_quality, instrument, calendar_grid
WITH labelled AS (
    SELECT
        m.*, q.complete, q.gap, q.suspect, q.suspect_price, q.no_price, q.stale, g.periods_per_year, n.instrument_id, n.quote_currency, n.return_basis,
        n.asset_class, n.proxy_for, n.synthetic,
        CASE WHEN q.priced THEN m.growth END AS span_growth,
        unix_date(m.last_session) - unix_date(m.first_session) AS days,
        q.complete AND month($first_day) = 1 AND dayofmonth($first_day) = 1 AND month($last_day) = 12
            AND dayofmonth($last_day) = 31 AS whole_years
    FROM span_moment AS m
    JOIN span_quality AS q ON q.instrument_key = m.instrument_key
    JOIN instrument AS n ON n.instrument_key = m.instrument_key
    JOIN calendar_grid AS g ON g.calendar = n.calendar
),

rated AS (
    SELECT
        l.*,
        CASE
            WHEN l.whole_years THEN power(l.span_growth, 1.0 / (year($last_day) - year($first_day) + 1)) - 1
            WHEN l.days >= 365 THEN power(l.span_growth, 365.25 / l.days) - 1
        END AS cagr
    FROM labelled AS l
)

SELECT
    r.instrument_id, r.span_growth - 1 AS total_return, r.cagr,
    sqrt(r.m2 / nullif(r.n - 1, 0)) * sqrt(r.periods_per_year) AS volatility,
    sqrt(r.downside / r.n) * sqrt(r.periods_per_year) AS downside_deviation,
    r.mean / nullif(sqrt(r.m2 / nullif(r.n - 1, 0)), 0) * sqrt(r.periods_per_year) AS sharpe,
    r.mean / nullif(sqrt(r.downside / r.n), 0) * sqrt(r.periods_per_year) AS sortino,
    r.mean_excess / nullif(sqrt(r.excess_m2 / nullif(r.excess_n - 1, 0)), 0) * sqrt(r.periods_per_year) AS sharpe_over_bill,
    r.mean_excess / nullif(sqrt(r.excess_downside / nullif(r.excess_n, 0)), 0) * sqrt(r.periods_per_year) AS sortino_over_bill,
    r.max_drawdown,
    r.cagr / nullif(abs(r.max_drawdown), 0) AS calmar,
    r.best_period, r.worst_period,
    CAST(r.positive AS DOUBLE) / r.n AS positive_share,
    CASE WHEN r.n >= 3 THEN r.m3 / r.n / nullif(power(r.m2 / r.n, 1.5), 0) END AS skew,
    CASE WHEN r.n >= 4 THEN r.m4 / r.n / nullif(power(r.m2 / r.n, 2), 0) - 3 END AS kurtosis,
    CAST(r.n AS INTEGER) AS n, r.first_session, r.last_session, r.periods_per_year,
    CASE
        WHEN r.return_basis = 'total' THEN 'total' WHEN r.asset_class = 'index' THEN 'price' ELSE $basis
    END AS basis,
    r.quote_currency AS currency,
    concat_ws(
        ',',
        CASE WHEN NOT r.complete THEN 'partial' END,
        CASE WHEN r.gap THEN 'gap' END,
        CASE WHEN CASE WHEN $basis = 'price' THEN r.suspect_price ELSE r.suspect END THEN 'suspect' END,
        CASE WHEN r.stale THEN 'stale' END,
        CASE WHEN r.no_price THEN 'no_price' END,
        CASE WHEN r.excess_n < r.n THEN 'no_bill' END,
        CASE WHEN $basis <> 'price' AND r.return_basis = 'price' AND r.asset_class = 'index' THEN 'price_index' END,
        CASE WHEN r.proxy_for <> '' THEN 'proxy' END,
        CASE WHEN r.synthetic <> 'no' THEN 'simulated' END
    ) AS quality
FROM rated AS r
WHERE $all_classes OR r.asset_class NOT IN ('rate', 'inflation')
ORDER BY r.instrument_id
