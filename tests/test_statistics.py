"""The statistics of a comparison against oracles of their own: counting all cases, definitions, simulations."""

import doctest
import itertools
import json
import math
import re
import runpy
import subprocess
import sys
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from bpnet.comparison.statistics import Speedup, _needed, arrivals, corrected, speedup

ROOT = Path(__file__).parents[1]
SCRIPT = ROOT / "scripts" / "coverage"
PAGE = (ROOT / "docs" / "statistics.md").read_text()
TRIALS = 10_000  # simulated comparisons behind each number of the page
ROUNDING = 1e-9  # relative: ratios, roots and logarithms round a few times, and a small spread is a difference of such
NEVER = np.nan
LIMIT = 100
TIMES = st.one_of(st.just(NEVER), st.integers(0, 12).map(float), st.integers(0, LIMIT).map(float))


def of_pairs(pairs, limits=(LIMIT, LIMIT)):
    """The speed-up of `fast` over `slow` for (time of fast, time of slow), a time beyond its limit being never."""
    fast, slow = (
        np.where(np.array(t, float) <= limit, t, np.nan)
        for t, limit in zip(zip(*pairs, strict=True), limits, strict=True)
    )
    return speedup("fast", "slow", fast, slow, limits)


def wins(first, seeds):
    """A comparison in which `fast` is first in so many of the seeds."""
    return of_pairs(first * [(1, 2)] + (seeds - first) * [(2, 1)])


def from_ratios(ratios):
    """A comparison with these ratios; all runs arrive."""
    return speedup("fast", "slow", np.full(len(ratios), 1e6), 1e6 * np.array(ratios), (1e12, 1e12))


@pytest.mark.parametrize("seeds", range(2, 11))
def test_the_sign_test_is_what_counting_all_patterns_gives(seeds):
    counts = [sum(pattern) for pattern in itertools.product((0, 1), repeat=seeds)]
    for first in range(seeds + 1):
        as_extreme = sum(abs(count - seeds / 2) >= abs(first - seeds / 2) for count in counts)
        assert wins(first, seeds).p == pytest.approx(as_extreme / 2**seeds, rel=ROUNDING)


@pytest.mark.parametrize("seeds", range(6, 13))
def test_the_interval_misses_the_median_in_a_twentieth_of_all_patterns_at_most_and_is_the_narrowest_such(seeds):
    found = from_ratios(np.arange(1, seeds + 1.0))  # the ratios are their ranks
    low, high = round(found.low), round(found.high)
    below = np.array([sum(pattern) for pattern in itertools.product((0, 1), repeat=seeds)])  # ratios below the median
    missed = np.mean((below < low) | (below >= high))
    narrower = np.mean((below < low + 1) | (below >= high - 1))
    assert missed <= 0.05 < narrower
    assert low + high == seeds + 1


@pytest.mark.parametrize("seeds", range(1, 6))
def test_below_six_seeds_there_is_no_interval_and_nothing_is_faster(seeds):
    (found,) = corrected([of_pairs(seeds * [(1, 50)])])
    assert (found.median, found.low, found.high) == (50, None, None)
    assert found.faster is None
    assert found.detectable is None


def test_six_seeds_that_agree_are_enough():
    (found,) = corrected([of_pairs([(1, 20), (1, 30), (1, 40), (1, 50), (1, 60), (1, 70)])])
    assert (found.low, found.high) == pytest.approx((20, 70), rel=ROUNDING)
    assert found.faster == "fast"
    assert found.reversed().faster == "fast"


@given(st.lists(st.tuples(TIMES, TIMES), min_size=1, max_size=40), st.tuples(st.integers(1, 100), st.integers(1, 100)))
def test_where_the_interval_excludes_one_the_sign_test_excludes_chance(pairs, limits):
    found = of_pairs(pairs, limits)
    if found.low is not None and found.low > 1:
        assert found.p <= 0.05
        assert found.first_in > found.of_decided / 2
    if found.high is not None and found.high < 1:
        assert found.p <= 0.05
        assert found.first_in < found.of_decided / 2


def test_with_ties_the_sign_test_may_tell_what_the_interval_does_not():
    found = of_pairs(8 * [(1, 2)] + 12 * [(3, 3)])
    assert (found.first_in, found.of_decided) == (8, 8)
    assert found.p == 2 / 2**8
    assert found.low == 1


@given(
    st.lists(st.tuples(st.integers(1, 100), st.integers(1, 100)), min_size=1, max_size=30),
    st.tuples(st.integers(1, 100), st.integers(1, 100)),
)
def test_a_limit_widens_the_interval_and_its_median_keeps_to_the_bound(pairs, limits):
    full, cut = of_pairs(pairs), of_pairs(pairs, limits)
    assert cut.low is None or cut.low <= full.low
    assert cut.high is None or cut.high >= full.high
    if cut.bound == "at least":
        assert 1 <= cut.median <= full.median * (1 + ROUNDING)
    if cut.bound == "at most":
        assert 1 >= cut.median >= full.median * (1 - ROUNDING)
    if cut.bound == "":
        assert cut.median == pytest.approx(full.median, rel=ROUNDING)


@given(st.lists(st.tuples(TIMES, TIMES), min_size=1, max_size=30), st.tuples(st.integers(1, 100), st.integers(1, 100)))
def test_the_other_side_sees_the_inverse(pairs, limits):
    other = of_pairs([(slow, fast) for fast, slow in pairs], limits[::-1])
    (there,) = corrected([replace(other, of="slow", over="fast")])
    (here,) = corrected([of_pairs(pairs, limits)])
    for twin, found in ((there, here.reversed()), (here, here.reversed().reversed())):
        for name, value in asdict(found).items():
            wanted = getattr(twin, name)
            assert value == (pytest.approx(wanted, rel=ROUNDING) if isinstance(wanted, float) else wanted), name


@given(st.lists(st.tuples(TIMES, TIMES), min_size=1, max_size=30))
def test_a_speedup_goes_through_json_without_infinite_numbers(pairs):
    (found,) = corrected([of_pairs(pairs)])
    assert Speedup(**json.loads(json.dumps(asdict(found), allow_nan=False))) == found


@pytest.mark.parametrize(
    ("pairs", "median", "bound"),
    [
        ([(10, 40), (20, 80), (30, 120)], 4.0, ""),
        ([(10, 20), (10, 80)], 4.0, ""),
        ([(10, NEVER), (10, NEVER), (10, 20)], 10.0, "at least"),
        ([(NEVER, 10), (NEVER, 10), (50, 10)], 0.1, "at most"),
        ([(NEVER, NEVER)], None, "none"),
        ([(10, 20), (NEVER, NEVER), (NEVER, NEVER)], None, "none"),
        ([(10, 40), (NEVER, NEVER)], None, "none"),
        ([(0, 0)], 1.0, ""),
        ([(0, 7)], 7.0, ""),
    ],
)
def test_the_median_of_the_ratios_when_some_never_arrive(pairs, median, bound):
    found = of_pairs(pairs, (LIMIT, 200) if bound == "" else (LIMIT, LIMIT))
    assert (found.median, found.bound) == (median, bound)


@pytest.mark.parametrize(
    ("fast", "slow", "limits", "tells"),
    [
        (10, 20, (100, 100), "fast"),
        (20, 10, (100, 100), "slow"),
        (10, 10, (100, 100), None),
        (0, 0, (100, 100), None),
        (NEVER, NEVER, (100, 100), None),
        (100, NEVER, (100, 100), "fast"),  # slow takes more than 100
        (NEVER, 100, (100, 100), "slow"),
        (80, NEVER, (100, 50), None),  # slow takes more than 50, perhaps 60
        (50, NEVER, (100, 50), "fast"),
        (NEVER, 80, (50, 100), None),
        (80, 90, (100, 100), "fast"),
    ],
)
def test_a_seed_tells_if_one_is_known_to_arrive_before_the_other(fast, slow, limits, tells):
    found = speedup("fast", "slow", np.array([fast, 1.0]), np.array([slow, 1.0]), limits)
    assert found.of_decided == (tells is not None)
    assert found.first_in == (tells == "fast")
    assert (found.p is None) == (tells is None)


def test_a_single_seed_has_no_p():
    found = speedup("fast", "slow", np.array([10.0]), np.array([NEVER]), (100, 100))
    assert (found.first_in, found.of_decided, found.p) == (1, 1, None)
    assert (found.only_of, found.share_p) == (1, None)


def test_mcnemars_test_counts_the_seeds_in_which_only_one_arrived():
    found = of_pairs(9 * [(50, NEVER)] + [(NEVER, 70)] + 5 * [(10, 20)] + 3 * [(NEVER, NEVER)])
    assert (found.only_of, found.only_over) == (9, 1)
    assert found.share_p == pytest.approx(2 * (1 + 10) / 2**10, rel=ROUNDING)
    assert corrected([found])[0].surer == "fast"
    assert corrected([found.reversed()])[0].surer == "fast"
    assert corrected([found, found, found])[0].surer is None  # 3 * 0.0215 is above 0.05


def test_a_longer_budget_makes_no_cost_surer():
    found = of_pairs(20 * [(150, 150)], limits=(200, 100))
    assert (found.only_of, found.only_over, found.share_p) == (0, 0, None)


@given(st.lists(st.tuples(st.integers(0, 12), st.integers(0, 12)), min_size=1, max_size=7))
def test_holms_correction_is_the_closure_of_bonferronis(tests):
    """A claim holds if Bonferroni's test rejects every set of tests that it is in (Marcus, Peritz and Gabriel 1976)."""
    pairs = corrected([of_pairs([(5, 5), (5, 5), *first * [(1, 2)], *other * [(2, 1)]]) for first, other in tests])
    chances = [1.0 if pair.p is None else pair.p for pair in pairs]
    sets = [s for size in range(1, len(tests) + 1) for s in itertools.combinations(range(len(tests)), size)]
    for k, pair in enumerate(pairs):
        closed = max(min(1.0, len(s) * min(chances[i] for i in s)) for s in sets if k in s)
        assert pair.p_holm == (None if pair.p is None else pytest.approx(closed, rel=ROUNDING))


def test_speed_and_share_are_corrected_apart():
    speeds, shares = wins(9, 9), of_pairs(9 * [(5, 5)] + [(1, NEVER)])
    first, second = corrected([speeds, shares])
    assert (first.p_holm, first.share_p_holm) == (2 * speeds.p, None)
    assert second.share_p_holm == 1.0
    assert corrected([]) == []


def test_correcting_twice_is_correcting_once():
    pairs = corrected([wins(9, 9), wins(8, 9), from_ratios(np.geomspace(0.5, 8, 20))])
    assert corrected(pairs) == pairs


@pytest.mark.parametrize(("reached", "of"), [(0, 5), (1, 20), (8, 12), (81, 263), (5, 5)])
def test_wilsons_interval_ends_where_the_share_is_that_many_standard_errors_away(reached, of):
    """The ends solve (p - s)^2 = z^2 s (1 - s) / n for s."""
    found = arrivals(np.array(reached * [1.0] + (of - reached) * [NEVER]), 10)
    p, z2 = reached / of, 1.959963984540054**2
    low, high = sorted(np.roots([1 + z2 / of, -(2 * p + z2 / of), p * p]).real)
    assert (found.low, found.high) == pytest.approx((low, high), abs=1e-7)  # the root of a rounded discriminant


def test_wilsons_interval_is_that_of_the_literature():
    """81 of 263: 0.2553 to 0.3662 (Newcombe 1998, Statistics in Medicine 17, table I, method 3)."""
    found = arrivals(np.array(81 * [1.0] + 182 * [NEVER]), 10)
    assert (round(found.low, 4), round(found.high, 4)) == (0.2553, 0.3662)


@pytest.mark.parametrize("n", [*range(6, 40), 100, 1000])
def test_tests_and_intervals_are_those_of_scipys_statistics(n):
    """scipy.stats has the same in its own words, and takes ten times as long to load; equal to rounding."""
    for count in {0, 1, n // 3, n // 2, n - 1, n}:
        test = stats.binomtest(count, n)
        found = arrivals(np.array(count * [1.0] + (n - count) * [NEVER]), 10)
        assert (found.low, found.high) == pytest.approx(test.proportion_ci(method="wilson"), rel=ROUNDING)
        assert wins(count, n).p == pytest.approx(test.pvalue, rel=ROUNDING)
    ratios = np.geomspace(0.5, 8, n)
    interval = stats.quantile_test(ratios).confidence_interval(0.95)
    assert [from_ratios(ratios).low, from_ratios(ratios).high] == pytest.approx(interval, rel=ROUNDING)


@pytest.mark.parametrize("tests", [1, 16])
@pytest.mark.parametrize("n", [12, 20, 50, 200, 1000])
def test_the_share_that_a_test_needs_is_scipys_quantile(n, tests):
    least = int(stats.binom.isf(0.025 / tests, n, 0.5)) + 1
    share = stats.beta.ppf(0.8, least, n - least + 1)
    assert _needed(n, tests) == pytest.approx((share, stats.norm.ppf(share)), rel=ROUNDING)


def test_arrivals_count_those_who_never_came_as_late():
    found = arrivals(np.array([10, 20, 30, NEVER]), 100)
    assert (found.median, found.q1, found.q3) == (25, 17.5, None)
    assert (found.reached, found.of) == (3, 4)
    assert found.mean == 40  # (10 + 20 + 30 + 100) / 4
    assert arrivals(np.array([5.0, NEVER, NEVER]), 100).median is None
    assert json.dumps(asdict(found), allow_nan=False)


def found_in(share, seeds):
    """How often a sign test finds a cost that is first in this share of the seeds, by its definition."""
    patterns = np.array([math.comb(seeds, k) for k in range(seeds + 1)], float)
    rejects = 2 * np.cumsum(patterns[::-1])[::-1] / 2**seeds <= 0.05
    first = np.arange(seeds + 1)
    return float((patterns * share**first * (1 - share) ** (seeds - first))[rejects].sum())


@pytest.mark.parametrize("seeds", [12, 20, 50, 200])
def test_a_detectable_ratio_is_found_in_four_fifths_of_cases(seeds):
    """Of normal log ratios, sd 0.5: the average over 400 comparisons of the power at the ratio that each states."""
    rng = np.random.default_rng(seeds)
    stated = [corrected([from_ratios(np.exp(rng.normal(0, 0.5, seeds)))])[0].detectable for _ in range(400)]
    powers = [found_in(0.5 * (1 + math.erf(math.log(ratio) / 0.5 / math.sqrt(2))), seeds) for ratio in stated]
    # Power is concave, so uncertain ratios lose some of it; the standard error of the mean is below 0.01.
    assert np.mean(powers) == pytest.approx(0.8, abs=0.05)


def test_a_detectable_ratio_grows_with_the_tests_and_falls_with_the_seeds():
    ratios = np.exp(np.random.default_rng(0).normal(0, 0.5, 200))
    alone, among_eight, fewer = (
        corrected(tests * [from_ratios(ratios[:n])])[0].detectable for tests, n in ((1, 200), (8, 200), (1, 20))
    )
    assert 1 < alone < among_eight < fewer


def test_a_detectable_ratio_needs_six_seeds_that_tell_a_spread_and_enough_for_the_tests():
    spread = [(10, 20), (10, 30), (10, 15), (20, 10), (10, 40), (10, 50)]
    assert corrected([of_pairs(spread)])[0].detectable > 1
    assert corrected([of_pairs([*spread[:5], (10, NEVER)])])[0].detectable is None
    assert corrected([of_pairs([*spread[:5], (10, 10)])])[0].detectable is None
    assert corrected([of_pairs(8 * [(10, 20)])])[0].detectable is None
    assert corrected(2 * [of_pairs(spread)])[0].detectable is None  # 2 / 2^6 is above 0.05 / 2


@pytest.mark.parametrize("seeds", [2, 3, 6, 9, 20])
def test_equal_costs_are_rarely_called_different(seeds):
    """A bootstrap called them different in 46 % with 2 seeds. 2000 comparisons: three standard errors are 0.015."""
    times = np.random.default_rng(seeds).lognormal(4, 1, (2000, 2, seeds))
    found = [corrected([speedup("a", "b", *pair, (150, 150))])[0] for pair in np.where(times <= 150, times, np.nan)]
    assert np.mean([pair.faster is not None for pair in found]) <= 0.05 + 0.015
    assert np.mean([pair.surer is not None for pair in found]) <= 0.05 + 0.015


def table_of(name):
    """The rows of a table that scripts/coverage wrote into the page, cells as text."""
    block = re.search(rf"<!-- {name} -->\n(.*?)\n<!-- end -->", PAGE, re.S)[1]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in block.splitlines()[2:]]


def test_the_examples_of_the_page_are_true():
    text = "\n".join(re.findall(r"```pycon\n(.*?)```", PAGE, re.S))
    result = doctest.DocTestRunner().run(doctest.DocTestParser().get_doctest(text, {}, "statistics.md", None, 0))
    assert result.attempted > 20
    assert result.failed == 0


@pytest.mark.parametrize("row", table_of("coverage"), ids=lambda row: f"{row[0]} seeds")
def test_the_page_shows_a_coverage_of_at_least_95_percent(row):
    error = 3 * math.sqrt(0.95 * 0.05 / TRIALS)
    for cell in row[1:]:
        assert cell == "none given" if int(row[0]) < 6 else float(cell) >= 0.95 - error


@pytest.mark.parametrize("row", table_of("false"), ids=lambda row: f"{row[0]} seeds")
def test_the_page_shows_at_most_5_percent_of_false_claims(row):
    error = 3 * math.sqrt(0.95 * 0.05 / TRIALS)
    assert all(float(cell) <= 0.05 + error if int(row[0]) >= 6 else float(cell) == 0 for cell in row[1:])


@pytest.mark.parametrize("row", table_of("coverage")[4:], ids=lambda row: f"{row[0]} seeds")
def test_the_page_shows_what_the_binomial_distribution_gives_where_all_arrive_at_different_times(row):
    seeds = int(row[0])
    tails = [2 * sum(math.comb(seeds, i) for i in range(k)) / 2**seeds for k in range(seeds // 2)]
    exact = 1 - max(tail for tail in tails if tail <= 0.05)
    error = 3.5 * math.sqrt(exact * (1 - exact) / TRIALS)  # one of 2000 cells lies further out
    assert [float(cell) for cell in row[1:3]] == pytest.approx([exact, exact], abs=error + 0.0005)


def test_the_page_shows_that_holms_correction_keeps_its_promise():
    for tests, _, together in table_of("holm"):
        assert float(together) <= 0.05 + 3 * math.sqrt(0.95 * 0.05 / TRIALS), tests


def test_the_table_of_wilsons_interval_is_what_the_script_computes():
    script = runpy.run_path(str(SCRIPT))
    assert script["wilson"](0) in PAGE


@pytest.mark.parametrize("name", ["coverage", "false", "holm", "power", "detectable"])
def test_the_script_simulates_each_table(name):
    """A few comparisons a cell; the page is left as it is."""
    command = [sys.executable, str(SCRIPT), "--only", name, "--trials", "20", "--print"]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("\n| ") == len(table_of(name)) + 2
    assert (ROOT / "docs" / "statistics.md").read_text() == PAGE
