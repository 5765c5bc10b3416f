-- rolling_benchmark: correlation, beta, alpha, tracking error, information ratio and captures over
--     a rolling window.
-- Formula: as the metrics of these names, over the $periods returns up to this one; none while
--          there are fewer. $periods defaults to a year: 252 days, 52 weeks or 12 months. Each
--          window is summed separately
-- Unit: ratio; alpha and tracking error a fraction, annualised
-- Grain: instrument_id, session
-- Source: pair_return, period_quality, instrument
WITH rolled AS (
    SELECT
        r.instrument_id, r.session, r.periods_per_year,
        first_value(r.start_session) OVER recent AS first_session,
        count(*) OVER recent AS n,
        count(r.excess_return) OVER recent AS priced,
        corr(r.simple_return, r.benchmark_return) OVER recent AS correlation,
        least(stddev_samp(r.simple_return) OVER recent, stddev_samp(r.benchmark_return) OVER recent) AS varies,
        covar_samp(r.excess_return, r.benchmark_excess) OVER recent
            / nullif(var_samp(r.benchmark_excess) OVER recent, 0) AS beta,
        avg(r.excess_return) OVER recent AS excess_return,
        avg(r.benchmark_excess) OVER recent AS benchmark_excess,
        avg(r.active_return) OVER recent AS active_return,
        stddev_samp(r.active_return) OVER recent AS deviation,
        avg(CASE WHEN r.benchmark_return > 0 THEN ln(1 + r.simple_return) END) OVER recent AS up,
        avg(CASE WHEN r.benchmark_return > 0 THEN ln(1 + r.benchmark_return) END) OVER recent AS benchmark_up,
        avg(CASE WHEN r.benchmark_return < 0 THEN ln(1 + r.simple_return) END) OVER recent AS down,
        avg(CASE WHEN r.benchmark_return < 0 THEN ln(1 + r.benchmark_return) END) OVER recent AS benchmark_down,
        sum(CASE WHEN q.gap THEN 1 ELSE 0 END) OVER recent AS gap,
        sum(CASE WHEN q.suspect THEN 1 ELSE 0 END) OVER recent AS suspect,
        sum(CASE WHEN q.no_rate THEN 1 ELSE 0 END) OVER recent AS no_rate,
        sum(CASE WHEN q.no_price THEN 1 ELSE 0 END) OVER recent AS no_price,
        sum(CASE WHEN q.no_cpi THEN 1 ELSE 0 END) OVER recent AS no_cpi,
        sum(CASE WHEN q.simulated THEN 1 ELSE 0 END) OVER recent AS simulated,
        q.price_index, q.proxy,
        -- include: shared/bill_simulated
        AS bill_simulated
    FROM pair_return AS r
    JOIN period_quality AS q ON q.instrument_id = r.instrument_id AND q.session = r.session AND q.kind = 'pair'
    LEFT JOIN instrument AS b ON b.instrument_id = $bill
    WINDOW recent AS (
        PARTITION BY r.instrument_id ORDER BY r.session ROWS BETWEEN $periods - 1 PRECEDING AND CURRENT ROW
    )
)

SELECT
    instrument_id, first_session, session, n,
    CASE WHEN varies > 1e-12 THEN correlation END AS correlation,
    beta,
    (excess_return - beta * benchmark_excess) * periods_per_year AS alpha,
    deviation * sqrt(periods_per_year) AS tracking_error,
    CASE WHEN deviation > 1e-12 THEN active_return / deviation * sqrt(periods_per_year) END AS information_ratio,
    (exp(up) - 1) / nullif(exp(benchmark_up) - 1, 0) AS up_capture,
    (exp(down) - 1) / nullif(exp(benchmark_down) - 1, 0) AS down_capture,
    periods_per_year,
    concat_ws(
        ',',
        CASE WHEN gap > 0 THEN 'gap' END,
        CASE WHEN suspect > 0 THEN 'suspect' END,
        CASE WHEN no_rate > 0 THEN 'no_rate' END,
        CASE WHEN no_price > 0 THEN 'no_price' END,
        CASE WHEN no_cpi > 0 THEN 'no_cpi' END,
        CASE WHEN priced < n THEN 'no_bill' END,
        CASE WHEN price_index THEN 'price_index' END,
        CASE WHEN proxy THEN 'proxy' END,
        CASE WHEN simulated > 0 OR bill_simulated THEN 'simulated' END
    ) AS quality
FROM rolled
WHERE n = $periods
ORDER BY instrument_id, session
