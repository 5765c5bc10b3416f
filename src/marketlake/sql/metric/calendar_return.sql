-- calendar_return: what was earned in each day, week, month, quarter or year of the window, simple and as a logarithm.
-- Formula: simple = close of the period / close of the period before - 1; log = ln(1 + simple)
-- Unit: fraction; log
-- Grain: instrument_id, session
-- Source: period_return
SELECT
    instrument_id, start_session, session, days, simple_return, ln(1 + simple_return) AS log_return,
    riskless, excess_return
FROM period_return
ORDER BY instrument_id, session
