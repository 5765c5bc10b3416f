-- calmar: the CAGR per unit of maximum drawdown.
-- Formula: cagr / |max_drawdown|; cagr of the whole window, drawdown on the periods' closes
-- Unit: ratio
-- Grain: instrument_id
-- Source: cagr, max_drawdown
SELECT
    m.instrument_id, c.value / nullif(abs(m.value), 0) AS value,
    m.n, m.first_session, m.last_session,
    coalesce(c.reason, CASE WHEN m.value = 0 THEN 'never below a high' END) AS reason
FROM max_drawdown AS m
JOIN cagr AS c ON c.instrument_id = m.instrument_id
