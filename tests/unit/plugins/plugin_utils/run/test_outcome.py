# SPDX-License-Identifier: Apache-2.0
"""One broken repository is one failure, however many modules then miss what it would have."""

from __future__ import annotations

from plugins.plugin_utils.run.outcome import outcome_of, own_failures


def failed(name, error, **more):
    own = {"name": name, "type": "rpm", "action": "failed", "changed": False, "seconds": 0.0}
    return {**own, "error": error, "before": {}, "after": {}, **more}


def run(*results):
    return {"results": list(results), "msg": "failed", "failed_when_result": False}


SYNC = run(failed("a", "404"), failed("b", "503", allowed=True))
PUBLISH = run(
    failed("a", "the repository has no content yet", depends_on="a"),
    failed("b", "the repository has no content yet", depends_on="b"),
)
SERVE = run(failed("a-development", "no publication to serve", depends_on="a"))
PROMOTE = run(failed("a-production", "serves nothing", depends_on="a-development"))


def test_what_follows_from_a_failed_sync_is_not_counted_again():
    outcome = outcome_of("client1", [SYNC, PUBLISH, SERVE, PROMOTE])
    assert [one["error"] for one in outcome.failed] == ["404"]
    assert [one["error"] for one in outcome.allowed] == ["503"]
    assert (outcome.counts, outcome.broken) == ("1 failed, 1 allowed failure", [])
    assert outcome.message == "1 of 2 failed: a: 404"
    assert not outcome.failed_later


def test_a_failure_of_its_own_or_without_an_earlier_one_counts():
    publish = run(failed("a", "out of order"), failed("c", "no content yet", depends_on="c"))
    own = own_failures([SYNC, publish, SERVE])
    assert [len(one) for one in own] == [2, 2, 0]
    assert [len(one) for one in own_failures([PUBLISH])] == [2]


def test_a_failure_of_another_content_type_explains_nothing():
    other = run(failed("a", "no content yet", depends_on="a", type="deb"))
    assert [len(one) for one in own_failures([SYNC, other])] == [2, 1]


def test_a_module_that_crashed_shows_the_end_of_its_error_output():
    run = {
        "failed": True,
        "msg": "MODULE FAILURE\nSee stdout/stderr for the exact error",
        "module_stderr": "Traceback:\n  File x\n\nImportError: no module \x1b[31m named requests\n",
    }
    (message,) = outcome_of("ark1", [run]).broken
    assert message.startswith("the module crashed: Traceback: File x ImportError: no module")
    assert message.endswith("named requests")
    assert "\x1b" not in message
