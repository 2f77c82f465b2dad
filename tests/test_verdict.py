"""What a comparison says is true to its numbers, whichever cost wins; the numbers here are made by hand."""

import re

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bpnet import config
from bpnet.comparison import Condition, CostResult, verdict
from bpnet.comparison.results import Setup, Sweep, SweepRow, label
from bpnet.comparison.statistics import arrivals, corrected, speedup
from bpnet.history import History
from bpnet.metrics import Target

GOAL = Target("error", 0.1, below=True)
BUDGET = 100  # epochs
NEVER = None
CLASSES = tuple("0123456789")


def measured(cost, times, *, budget=BUDGET, steps=1, rate=3.0, diverged=0, recall=None, slopes=None):
    """A cost that met GOAL after these mini-batches (None: never), with so many mini-batches an epoch."""
    error = np.full(len(times), 0.5)
    error[:diverged] = np.nan
    nothing = np.ones((len(times), 1))
    return CostResult(
        cost=cost,
        learning_rate=rate,
        epochs=budget,
        steps=budget * steps,
        budget=budget,
        history=History({"epoch": [0, budget], "validation_error": [error, error]}),
        updates={GOAL: np.array(times, dtype=float)},
        final={"error": error},
        recall=nothing if recall is None else recall,
        slopes=nothing if slopes is None else slopes,
    )


def compared(*results, name="xor", sweeps=(), policies=("",), **options):
    """The verdict's lines and the warnings on these results, once for each policy."""
    seeds = len(results[0].updates[GOAL])
    setup = Setup(
        name="by hand",
        config=config.load(name) if name else None,
        vary={},
        targets=(GOAL,),
        part="validation",
        classes=CLASSES,
        seeds=seeds,
        **options,
    )
    first, *others = results
    pairs = [
        speedup(one.cost, first.cost, one.updates[GOAL], first.updates[GOAL], (one.steps, first.steps))
        for _ in policies
        for one in others
    ]
    after = iter(corrected(pairs))
    conditions = [
        Condition({}, results, {GOAL: tuple(next(after) for _ in others)}, policy=policy) for policy in policies
    ]
    return list(verdict.lines(setup, conditions, sweeps)), verdict.warnings(setup, conditions, sweeps)


def said(mse, ce, **options):
    """The one sentence on mse and ce."""
    lines, _ = compared(mse, ce, **options)
    assert len(lines) == 2
    return lines[1]


def test_a_clear_win_of_ce_is_told_with_times_seeds_test_and_interval():
    assert said(measured("mse", 10 * [40, 41]), measured("ce", 20 * [10])) == (
        "in the median ce reached it in 10 epochs, mse in 40.5: ce was first in 20 of 20 seeds; "
        "ce is faster (sign test, p = 1.9e-06): mse took 4.05 times as long in the median (95 % interval 4 to 4.1)"
    )


def test_a_clear_win_of_mse_is_told_in_the_same_words():
    assert said(measured("mse", 20 * [10]), measured("ce", 10 * [40, 41])) == (
        "in the median mse reached it in 10 epochs, ce in 40.5: mse was first in 20 of 20 seeds; "
        "mse is faster (sign test, p = 1.9e-06): ce took 4.05 times as long in the median (95 % interval 4 to 4.1)"
    )


def test_ties_in_every_seed_are_no_difference_and_no_test():
    assert said(measured("mse", 20 * [10]), measured("ce", 20 * [10])) == (
        "in the median ce reached it in 10 epochs, mse in 10: both at the same check in every seed"
    )


def test_ties_of_those_that_arrived_are_said_of_these_only():
    mse, ce = measured("mse", [10, 20, NEVER, NEVER, 30, 9]), measured("ce", [10, 20, NEVER, NEVER, 30, 9])
    assert "both at the same check in each of the 4 seeds in which they arrived" in said(mse, ce)


def test_no_difference_is_told_with_what_so_many_seeds_would_show():
    text = said(measured("mse", 5 * [10, 11, 12, 13]), measured("ce", 5 * [10, 12, 11, 13]))
    assert "ce was first in 5 of the 10 seeds that tell; no difference in speed is shown (sign test, p = 1)" in text
    assert "both took equally long in the median (95 % interval 1 to 1)" in text
    assert re.search(r"20 seeds would show a true ratio of 1\.\d+ in 80 % of cases", text)
    assert "faster" not in text


def test_one_seed_that_tells_stands_in_the_singular():
    text = said(measured("mse", [*19 * [10], 12]), measured("ce", 20 * [10]))
    assert "ce was first in the one seed that tells; no difference in speed is shown" in text


def test_where_none_arrived_the_budget_is_named_and_no_half():
    assert said(measured("mse", 20 * [NEVER]), measured("ce", 20 * [NEVER])) == (
        "neither reached it within 100 epochs in any seed"
    )


@pytest.mark.parametrize(("one", "other"), [("mse", "ce"), ("ce", "mse")])
def test_where_one_never_arrived_the_ratio_is_a_bound(one, other):
    results = {one: measured(one, 20 * [7]), other: measured(other, 20 * [NEVER])}
    text = said(results["mse"], results["ce"])
    assert text.startswith(f"in the median {one} reached it in 7 epochs, {other} not within 100 epochs: ")
    assert f"{one} is faster" in text
    assert f"{other} took at least 14.3 times as long in the median (95 % interval from 14.3 on, no upper end" in text
    assert f"of 20 seeds {one} in 20 and {other} in 0 arrived, so {one} arrives more often (McNemar's test" in text


def test_too_few_arrivals_give_no_ratio_though_the_seeds_may_tell_who_is_first():
    text = said(measured("mse", [*3 * [40], *17 * [NEVER]]), measured("ce", [*8 * [10], *12 * [NEVER]]))
    assert text.startswith("in the median neither reached it within 100 epochs: ce was first in 8 of the 8 seeds that")
    assert "how many times is not known, because too many seeds never arrived" in text
    assert "of 20 seeds ce in 8 and mse in 3 arrived" in text
    assert "more often" not in text


def test_the_docs_own_200_seeds_show_a_difference():
    """init_scale 16 on XOR: 106 against 22 arrive, ce first in 105 of the 108 that tell; once `no difference`."""
    mse = measured("mse", [*20 * [300], *2 * [90], *178 * [NEVER]], budget=1000)
    ce = measured("ce", [*20 * [300], *86 * [100], *94 * [NEVER]], budget=1000)
    text = said(mse, ce)
    assert "ce is faster" in text
    assert "so ce arrives more often" in text
    assert "of 200 seeds ce in 106 and mse in 22 arrived" in text


@pytest.mark.parametrize("seeds", [2, 5])
def test_a_few_seeds_are_too_few_whatever_they_show(seeds):
    text = said(measured("mse", seeds * [40]), measured("ce", seeds * [10]))
    assert (
        f"ce was first in {seeds} of {seeds} seeds; {seeds} seeds are too few to exclude chance, which takes 6" in text
    )
    assert "faster" not in text
    assert "interval" not in text


def test_six_seeds_are_enough_where_all_agree_and_not_where_one_does_not():
    ce = measured("ce", 6 * [10])
    assert "ce is faster (sign test, p = 0.031)" in said(measured("mse", 6 * [40]), ce)
    assert "no difference in speed is shown (sign test, p = 0.22)" in said(measured("mse", [5, *5 * [40]]), ce)


@pytest.mark.parametrize(
    ("mse", "ce", "words"),
    [
        (40, 10, "ce reached it in 10 epochs, mse in 40: in this one seed ce was first by a factor of 4, which may be"),
        (10, 10, "ce reached it in 10 epochs, mse in 10: both at the same check"),
        (
            10,
            NEVER,
            "mse reached it in 10 epochs, ce not within 100 epochs: in this one seed mse was first by a factor",
        ),
        (1, NEVER, "mse reached it in 1 epoch, ce not"),
        (NEVER, NEVER, "neither reached it within 100 epochs"),
    ],
)
def test_a_single_seed_shows_what_it_did_and_no_more(mse, ce, words):
    text = said(measured("mse", [mse]), measured("ce", [ce]))
    assert text.startswith(words)
    assert "faster" not in text
    assert "seeds" not in text


@pytest.mark.parametrize(
    ("mse", "ce", "words"),
    [
        (232, 17, "ce reached it in 17 epochs, mse in 232: 13.6 times faster"),
        (17, 232, "mse reached it in 17 epochs, ce in 232: 13.6 times faster"),
        (17, 17, "ce reached it in 17 epochs, mse in 17: both at the same check"),
        (NEVER, 17, "ce reached it in 17 epochs, mse not within 300 epochs: at least 17.6 times faster"),
        (NEVER, NEVER, "neither reached it within 300 epochs"),
    ],
)
def test_the_neuron_has_no_chance_so_a_ratio_is_a_fact(mse, ce, words):
    assert said(measured("mse", [mse], budget=300), measured("ce", [ce], budget=300), name=None) == words


def test_the_first_line_names_all_that_the_verdict_depends_on():
    lines, _ = compared(measured("mse", 20 * [40], steps=7), measured("ce", 20 * [10], steps=7))
    assert lines[0] == (
        "target error<0.1 on the validation part; checked after each epoch (7 mini-batches); within 100 epochs; "
        "the same learning rate, 3; 20 seeds."
    )


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"check_every": 1}, "checked every 1 mini-batch and at the end"),
        ({"check_every": 5}, "checked every 5 mini-batches and at the end"),
        ({"check_on": 1}, "on the first 1 example of the validation part"),
        ({"check_on": 50}, "on the first 50 examples of the validation part"),
        ({"rate_policy": "matched"}, "; matched learning rates, mse 3, ce 0.5; "),
        ({"rate_policy": "tuned", "rates": {"ce": 0.5}}, "; tuned learning rates, mse 3, ce 0.5 (given); "),
        ({"rates": {"ce": 0.5}}, "; learning rates mse 3, ce 0.5 (given); "),
        ({"rates": {"mse": 3, "ce": 0.5}}, "; given learning rates, mse 3, ce 0.5; "),
        ({"own": {"ce": {"train.learning_rate": 0.5}}}, "; learning rates mse 3, ce 0.5 (given); "),
        ({"own": {"ce": {"train.l2": 0}}, "rate_policy": "tuned"}, "; ce alone has train.l2 = 0; "),
    ],
)
def test_the_first_line_names_what_is_unusual(options, words):
    lines, _ = compared(measured("mse", 6 * [40]), measured("ce", 6 * [10], rate=0.5), **options)
    assert words in lines[0]


def test_budgets_of_ones_own_are_named_and_arrivals_are_compared_within_the_smaller():
    """mse arrives after ce's budget is over: nobody knows whether ce would have by then."""
    mse, ce = measured("mse", 6 * [80]), measured("ce", 6 * [NEVER], budget=50)
    lines, _ = compared(mse, ce, own={"ce": {"train.epochs": 50}})
    assert "within mse 100 epochs, ce 50 epochs" in lines[0]
    assert "no seed tells which is first, because their budgets differ" in lines[1]
    assert "of 6 seeds ce in 0 and mse in 0 arrived within 50 mini-batches, the smaller budget" in lines[1]


def test_epochs_of_unequal_length_are_counted_in_mini_batches():
    mse, ce = measured("mse", 6 * [100], steps=10), measured("ce", 6 * [100], steps=5)
    lines, _ = compared(mse, ce, own={"ce": {"train.batch_size": 20}})
    assert "checked after each epoch (mse 10 mini-batches, ce 5 mini-batches)" in lines[0]
    assert "ce reached it in 100 mini-batches, mse in 100" in lines[1]


def test_three_costs_are_two_lines_and_their_tests_are_corrected():
    slow = measured("huber", 20 * [90], diverged=0)
    lines, _ = compared(measured("mse", 20 * [40], diverged=3), measured("ce", 20 * [10]), slow)
    assert lines[0].endswith("; 20 seeds; p by Holm's correction for 2 tests.")
    assert "ce is faster (sign test, p = 3.8e-06)" in lines[1]
    assert "mse is faster (sign test, p = 3.8e-06): huber took 2.25 times as long" in lines[2]
    assert "mse diverged in 3 of 20 seeds" in lines[1]
    assert "diverged" not in lines[2]


def test_each_policy_has_its_line_and_its_rates():
    lines, _ = compared(
        measured("mse", 6 * [40]), measured("ce", 6 * [10], rate=0.5), policies=("same", "matched"), rate_policy="each"
    )
    assert [line.partition(": ")[0] for line in lines[1:]] == ["same rates", "matched rates"]
    assert "mse 3, ce 0.5" in lines[0]


def test_seeds_that_met_the_target_before_the_first_step_are_counted():
    text = said(measured("mse", [0, *5 * [40]]), measured("ce", 6 * [10]))
    assert "mse met it before the first step in 1 of 6 seeds" in text


def test_diverged_seeds_are_counted_apart():
    text = said(measured("mse", [*5 * [NEVER], *15 * [10]], diverged=5), measured("ce", 20 * [12]))
    assert "of 20 seeds mse in 15 and ce in 20 arrived" in text
    assert "mse diverged in 5 of 20 seeds, which counts as never arrived" in text
    assert "ce diverged" not in text


def test_a_sweep_that_ends_at_its_best_qualifies_the_verdict():
    rows = (SweepRow(65536.0, arrivals(np.array([40.0]), BUDGET), 0.1),)
    sweep = Sweep({}, "ce", rows, 65536.0, at_end=True)
    lines, warnings = compared(measured("mse", 6 * [40]), measured("ce", 6 * [10]), sweeps=[sweep], rate_policy="tuned")
    assert lines[1].endswith("the best rate of ce lies at the end of its sweep, so another rate may change this")
    assert warnings == ["ce: the best rate of the sweep, 65536, lies at its end"]


@pytest.mark.parametrize(
    ("options", "is_told"),
    [({}, True), ({"rates": {"ce": 0.5}}, False), ({"own": {"ce": {"train.learning_rate": 1}}}, False)],
)
def test_a_claim_at_one_rate_for_all_is_told_to_be_of_the_rate_perhaps(options, is_told):
    _, warnings = compared(measured("mse", 20 * [40]), measured("ce", 20 * [10]), **options)
    assert any("--rate-policy each" in text for text in warnings) == is_told


@pytest.mark.parametrize(
    ("own", "is_told"), [({}, True), ({"ce": {"train.l2": 0}}, False), ({"ce": {"train.l1": 1}}, True)]
)
def test_one_penalty_for_costs_of_unequal_size_is_told(own, is_told):
    _, warnings = compared(measured("mse", 6 * [40]), measured("ce", 6 * [40]), name="digits", own=own)
    assert warnings == (
        [
            "the costs share train.l2, and a penalty weighs more beside a small cost; "
            "--for COST train.l2=V gives a cost its own"
        ]
        if is_told
        else []
    )


def classes_by_hand():
    """Recall and slopes (s, k) of 5 networks: two dead outputs and a near miss."""
    recall, slopes = np.ones((5, 10)), np.full((5, 10), 0.1)
    for seed, k, slope in ((0, 2, 1e-5), (1, 2, 3e-5), (2, 8, 0.02)):
        recall[seed, k], slopes[seed, k] = 0.05, slope
    return {"recall": recall, "slopes": slopes}


def test_dead_outputs_and_near_misses_are_told_apart_with_recall_and_slope():
    text = said(measured("mse", 5 * [40], **classes_by_hand()), measured("ce", 5 * [10]))
    assert (
        "under mse some class is hardly recognised at the end (mean recall 0.05), and its output neuron hardly moves "
        "any more (mean slope 2e-05): class 2 in 2 of 5 networks"
    ) in text
    assert (
        "under mse some class is hardly recognised at the end (mean recall 0.05), though its output neuron can still "
        "move (mean slope 0.02): class 8 in 1 of 5 networks"
    ) in text
    for word in ("lost", "for good", "never predicted"):
        assert word not in text


def test_dead_outputs_are_counted_by_class_and_by_network():
    found = measured("mse", 5 * [40], **classes_by_hand()).dead_outputs(CLASSES)
    assert (found.seeds, found.classes, found.near) == (2, {"2": 2}, {"8": 1})
    assert (found.recall, found.slope) == pytest.approx((0.05, 2e-5))
    assert (found.near_recall, found.near_slope) == pytest.approx((0.05, 0.02))


@pytest.mark.parametrize(
    ("recall", "slope", "dead", "near"),
    [
        (0.099, 0.99e-4, 1, 0),
        (0.1, 0.99e-4, 0, 0),
        (0.099, 1e-4, 0, 1),
        (0.0, 0.25, 0, 1),
        (np.nan, np.nan, 0, 0),
    ],
)
def test_an_output_is_dead_below_a_recall_of_a_tenth_and_a_slope_of_1e_4(recall, slope, dead, near):
    one = measured("mse", [NEVER], recall=np.array([[0.9, recall]]), slopes=np.array([[0.1, slope]]))
    found = one.dead_outputs(("a", "b"))
    assert (found.classes, found.near) == ({"b": 1} if dead else {}, {"b": 1} if near else {})


def test_a_single_output_has_no_class_that_is_dead():
    one = measured("mse", [NEVER], recall=np.array([[1.0, 0.0]]), slopes=np.array([[1e-9]]))
    assert not one.dead_outputs(("0", "1")).classes


TIMES = st.one_of(st.none(), st.integers(0, BUDGET))


@settings(max_examples=200, deadline=None)
@given(st.lists(st.tuples(TIMES, TIMES), min_size=1, max_size=25))
def test_whatever_the_numbers_the_words_are_true_to_them(pairs):
    mse_times, ce_times = zip(*pairs, strict=True)
    mse, ce = measured("mse", mse_times), measured("ce", ce_times)
    text = said(mse, ce)
    pair = corrected([speedup("ce", "mse", ce.updates[GOAL], mse.updates[GOAL], (ce.steps, mse.steps))])[0]
    wins = sum((c if c is not None else 1e9) < (m if m is not None else 1e9) for m, c in pairs)
    losses = sum((c if c is not None else 1e9) > (m if m is not None else 1e9) for m, c in pairs)
    assert ("is faster" in text) == (pair.faster is not None)
    assert ("more often" in text) == (pair.surer is not None)
    if first := re.search(r"(mse|ce) was first in (\d+) of (?:the )?(\d+)", text):
        assert int(first[2]) == (wins if first[1] == "ce" else losses) >= int(first[3]) / 2
        assert int(first[3]) == wins + losses
    if faster := re.search(r"(mse|ce) is faster", text):
        assert wins > losses if faster[1] == "ce" else losses > wins
        assert len(pairs) >= 6
    if ratio := re.search(
        r"took (?:at least )?([\d.e+-]+) times as long in the median \(95 % interval ([\d.e+-]+) to ([^)]+)\)", text
    ):
        low, median, high = float(ratio[2]), float(ratio[1]), float(ratio[3])
        assert low <= median <= high
    if "neither reached it" in text and "in the median" not in text:
        assert all(m is None and c is None for m, c in pairs)


def test_the_table_has_a_row_for_each_condition_and_marks_what_is_beyond_chance():
    mse, ce = measured("mse", 20 * [40]), measured("ce", 20 * [10])
    pair = corrected([speedup("ce", "mse", ce.updates[GOAL], mse.updates[GOAL], (100, 100))])
    rows = verdict.table([Condition({"network.init_scale": 4}, (mse, ce), {GOAL: tuple(pair)})], [GOAL])
    assert rows == [["", "error<0.1"], ["init_scale = 4", "4 (4 to 4) *"]]


def test_a_value_has_the_word_that_a_config_has_for_it():
    assert label({"network.truncate": None, "train.l2": 0.5}) == "truncate = null, l2 = 0.5"
