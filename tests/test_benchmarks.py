"""The benchmarks run; what they measure is looked at by people."""

from __future__ import annotations

from benchmarks.__main__ import Bench, sample, stages, table


def test_every_stage_of_the_sample_issue_is_measured() -> None:
    bench = Bench()
    with sample() as (app, feed):
        stages(bench, app, feed)
    names = [figure.stage for figure in bench.figures]
    for stage in ("collect", "read", "compose", "render", "check", "fill and MIME", "freeze and send"):
        assert any(name.startswith(stage) for name in names), stage
    assert len(table(bench.figures).splitlines()) == len(names) + 1
