-- cagr: the compound annual growth rate from the start of the window to its end.
-- Formula: growth ^ (1 / years) - 1; n whole calendar years count as exactly n, any other window as
--          days / 365.25. Not annualised below a year (365 days) unless $annualise_short. A price
--          that doubles every calendar year has 100 %
-- Unit: fraction
-- Grain: instrument_id
-- Source: metric_span, metric_return
SELECT
    s.instrument_id,
    CASE WHEN max(s.days) >= 365 OR $annualise_short THEN power(max(s.growth), 1 / max(s.years)) - 1 END AS value,
    count(r.session) AS n, max(s.start_session) AS first_session, max(s.end_session) AS last_session,
    CASE WHEN max(s.days) < 365 AND NOT $annualise_short THEN 'shorter than a year: not annualised' END AS reason
FROM metric_span AS s
LEFT JOIN metric_return AS r
    ON r.instrument_id = s.instrument_id AND r.session > s.start_session AND r.session <= s.end_session
GROUP BY s.instrument_id
