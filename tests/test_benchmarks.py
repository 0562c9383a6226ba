"""The benchmarks run; what they measure is looked at by people."""

from __future__ import annotations

from benchmarks import mutations, parsing
from benchmarks.__main__ import Bench, sample, stages, table


def test_every_stage_of_the_sample_issue_is_measured() -> None:
    bench = Bench()
    with sample() as (app, feed):
        stages(bench, app, feed)
    names = [figure.stage for figure in bench.figures]
    for stage in ("collect", "read", "compose", "render", "check", "fill and MIME", "freeze and send"):
        assert any(name.startswith(stage) for name in names), stage
    assert len(table(bench.figures).splitlines()) == len(names) + 1


def test_each_feed_is_read_in_three_ways() -> None:
    found = parsing.rows(parsing.OWN)
    assert [row.feed for row in found] == ["atom.xml", "rss1.xml"]
    for row in found:
        assert set(row.ways) == {"ours", "apart", "plain"}
        assert all(way.seconds > 0 and way.mib > 5 for way in row.ways.values())
        assert row.ways["apart"].seconds > row.ways["ours"].seconds
    lines = parsing.table(found).splitlines()
    assert len(lines) == 3
    assert "ours takes" in parsing.summary(found)


def test_mutants_are_counted_by_module() -> None:
    listed = """
        pipeline.app.send.x__until__mutmut_1: killed
        pipeline.app.send.x__until__mutmut_2: survived
        pipeline.app.send.x__until__mutmut_3: not checked
        pipeline.deliver.plan.x_pause_s__mutmut_1: timeout
        pipeline.deliver.plan.x_pause_s__mutmut_2: no tests
        pipeline.deliver.plan.x_pause_s__mutmut_3: killed
    """
    assert list(mutations.table(mutations.counted(listed)))[2:] == [
        "| app.send | 2 | 1 | 1 | 50.0 % |",
        "| deliver.plan | 3 | 2 | 1 | 66.7 % |",
        "| all | 5 | 3 | 2 | 60.0 % |",
    ]
