-- checked: the rows to check, each with values of its neighbours.
-- Formula: previous is the close of the previous session; move = close x split / previous;
--          move_back = close / next close / next split, for the newest row its move from the close
--          before the previous one; days is the distance to the previous session, null for the
--          first row; repeats is true where the prices equal those of the previous session.
--          step = ln((close + dividend) x split / previous), next_step and second_step those of the
--          next two sessions; overnight is the part of next_step up to the next open,
--          second_overnight that of second_step; opposite_step is the largest in the other direction
--          of the third to the tenth session before and after.
--          sigma, the usual daily variation, is (mean(sqrt(abs(step))) / 0.822)^2 over the 60
--          sessions before and after, without steps of 0 and without this and the next step; at
--          least 0.0005; null below 10 steps. For normal returns it equals the standard deviation;
--          one wild value hardly changes it. sigma_before and sigma_after are the same of the 20
--          sessions before and from the third to the 22nd after. yield = dividend x split /
--          previous, per share before the split; usual_yield is the median of the four dividends
--          before and after; since_dividend are the days to the previous dividend and
--          usual_interval the median of such distances
-- Unit: as bar; moves are ratios
-- Grain: subject, session
-- Source: unchecked, subject
WITH neighbour AS (
    SELECT
        u.*, s.asset_class, s.calendar, s.signed,
        lag(u.close) OVER own AS previous,
        lag(u.close, 2) OVER own AS before_previous,
        u.session - lag(u.session) OVER own AS days,
        lag(u.split) OVER own AS previous_split,
        lead(u.close) OVER own AS next_close,
        lead(u.open) OVER own AS next_open,
        lead(u.split) OVER own AS next_split,
        lead(u.dividend) OVER own AS next_dividend,
        lag(u.open) OVER own AS previous_open,
        lag(u.high) OVER own AS previous_high,
        lag(u.low) OVER own AS previous_low
    FROM unchecked AS u
    JOIN subject AS s ON s.subject = u.subject
    WINDOW own AS (PARTITION BY u.subject ORDER BY u.session)
),

grown AS (
    SELECT
        *,
        CASE WHEN previous > 0 THEN (close + dividend) * split / previous END AS growth,
        CASE WHEN close > 0 THEN (next_close + next_dividend) * next_split / close END AS next_growth,
        CASE WHEN close > 0 THEN (next_open + next_dividend) * next_split / close END AS growth_to_open
    FROM neighbour
),

stepped AS (
    SELECT
        * EXCLUDE (growth, next_growth, growth_to_open),
        CASE WHEN growth > 0 AND isfinite(growth) THEN ln(growth) END AS step,
        CASE WHEN next_growth > 0 AND isfinite(next_growth) THEN ln(next_growth) END AS next_step,
        CASE WHEN growth_to_open > 0 AND isfinite(growth_to_open) THEN ln(growth_to_open) END AS overnight
    FROM grown
),

rooted AS (
    SELECT
        *,
        CASE WHEN step <> 0 THEN sqrt(abs(step)) END AS root,
        CASE WHEN next_step <> 0 THEN sqrt(abs(next_step)) END AS next_root,
        CASE
            WHEN step > 0 THEN least(min(step) OVER past, min(step) OVER coming)
            ELSE greatest(max(step) OVER past, max(step) OVER coming)
        END AS opposite_step,
        lead(next_step) OVER own AS second_step,
        lead(overnight) OVER own AS second_overnight
    FROM stepped
    WINDOW
        own AS (PARTITION BY subject ORDER BY session),
        past AS (PARTITION BY subject ORDER BY session ROWS BETWEEN 10 PRECEDING AND 3 PRECEDING),
        coming AS (PARTITION BY subject ORDER BY session ROWS BETWEEN 3 FOLLOWING AND 10 FOLLOWING)
),

varied AS (
    SELECT
        * EXCLUDE (root, next_root),
        sum(root) OVER around - coalesce(root, 0) - coalesce(next_root, 0) AS roots_around,
        count(root) OVER around - count(root) OVER both_steps AS around_count,
        avg(root) OVER earlier AS root_before,
        count(root) OVER earlier AS before_count,
        avg(root) OVER later AS root_after,
        count(root) OVER later AS after_count,
        avg(volume) OVER earlier AS volume_before,
        avg(volume) OVER later AS volume_after
    FROM rooted
    WINDOW
        around AS (PARTITION BY subject ORDER BY session ROWS BETWEEN 60 PRECEDING AND 60 FOLLOWING),
        both_steps AS (PARTITION BY subject ORDER BY session ROWS BETWEEN CURRENT ROW AND 1 FOLLOWING),
        earlier AS (PARTITION BY subject ORDER BY session ROWS BETWEEN 20 PRECEDING AND 1 PRECEDING),
        later AS (PARTITION BY subject ORDER BY session ROWS BETWEEN 2 FOLLOWING AND 21 FOLLOWING)
),

paid AS (
    SELECT
        subject, session,
        CASE WHEN previous > 0 THEN dividend * split / previous END AS yield,
        session - lag(session) OVER own AS since_dividend
    FROM neighbour
    WHERE dividend > 0
    WINDOW own AS (PARTITION BY subject ORDER BY session)
),

usual AS (
    SELECT
        subject, session, yield, since_dividend,
        median(yield) OVER near AS usual_yield,
        median(since_dividend) OVER near AS usual_interval
    FROM paid
    WINDOW near AS (
        PARTITION BY subject ORDER BY session ROWS BETWEEN 4 PRECEDING AND 4 FOLLOWING EXCLUDE CURRENT ROW
    )
)

SELECT
    v.* EXCLUDE (
        previous_split, next_open, next_split, next_dividend, previous_open, previous_high, previous_low, roots_around, around_count,
        root_before, before_count, root_after, after_count
    ),
    CASE WHEN v.previous <> 0 THEN v.close * v.split / v.previous END AS move,
    CASE
        WHEN v.next_close IS NULL AND v.before_previous <> 0
            THEN v.close * v.split * v.previous_split / v.before_previous
        WHEN v.next_close * v.next_split <> 0 THEN v.close / v.next_close / v.next_split
    END AS move_back,
    CASE WHEN v.around_count >= 10 THEN greatest(power(v.roots_around / v.around_count / 0.822, 2), 0.0005) END AS sigma,
    CASE WHEN v.before_count >= 10 THEN power(v.root_before / 0.822, 2) END AS sigma_before,
    CASE WHEN v.after_count >= 10 THEN power(v.root_after / 0.822, 2) END AS sigma_after,
    ln(CASE v.asset_class
        WHEN 'crypto' THEN 2
        WHEN 'equity' THEN 1.67
        WHEN 'metal' THEN 1.5
        WHEN 'fund' THEN 1.5
        WHEN 'inflation' THEN 1.2
        ELSE 1.35
    END) AS class_limit,
    p.yield, p.since_dividend, p.usual_yield, p.usual_interval,
    CASE
        WHEN v.asset_class <> 'metal' THEN 1e-4
        ELSE coalesce(4 * sigma, 0.05)
    END AS range_slack,
    v.close = v.previous AND coalesce(v.volume, 0) = 0
    AND v.open IS NOT DISTINCT FROM v.previous_open
    AND v.high IS NOT DISTINCT FROM v.previous_high
    AND v.low IS NOT DISTINCT FROM v.previous_low
    AND v.asset_class NOT IN ('rate', 'inflation') AS repeats
FROM varied AS v
LEFT JOIN usual AS p ON p.subject = v.subject AND p.session = v.session
