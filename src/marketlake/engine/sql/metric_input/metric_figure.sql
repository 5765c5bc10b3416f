-- metric_figure: the figures of a metric with their labels.
-- Formula: the rows of the metric (relation figure), its name $metric and their label
-- Unit: as the metric
-- Grain: instrument_id
-- Source: figure, metric_label
SELECT
    $metric AS metric, f.*,
    CASE WHEN $annualised THEN l.periods_per_year END AS periods_per_year,
    l.return_basis AS basis, l.figure_currency AS currency, l.quality
FROM figure AS f
JOIN metric_label AS l ON l.instrument_id = f.instrument_id AND l.kind = $kind AND l.excess = $excess
ORDER BY f.instrument_id
