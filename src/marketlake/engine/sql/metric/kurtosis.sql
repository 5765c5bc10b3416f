-- kurtosis: the excess kurtosis: the weight of large returns; 0 for a normal distribution.
-- Formula: m4 / m2^2 - 3 with m_k = mean of (return - mean)^k: the moment of the sample, without a
--          correction for its size. Needs 4 periods; none where nothing varies (a deviation up to
--          1e-12 is rounding)
-- Unit: ratio
-- Grain: instrument_id
-- Source: period_return
WITH centred AS (
    SELECT
        instrument_id, start_session, session,
        simple_return - avg(simple_return) OVER (PARTITION BY instrument_id) AS deviation
    FROM period_return
)

SELECT
    instrument_id,
    CASE
        WHEN count(*) >= 4 AND stddev_pop(deviation) > 1e-12
            THEN avg(power(deviation, 4)) / nullif(power(avg(power(deviation, 2)), 2), 0) - 3
    END AS value,
    count(*) AS n, min(start_session) AS first_session, max(session) AS last_session
FROM centred
GROUP BY instrument_id
