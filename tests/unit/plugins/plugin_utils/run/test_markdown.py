# SPDX-License-Identifier: Apache-2.0
"""A run as Markdown."""

from __future__ import annotations

from plugins.plugin_utils.run.markdown import markdown
from plugins.plugin_utils.run.outcome import outcome_of


def item(name, action, error="", **more):
    fields = {"name": name, "type": "rpm", "action": action, "changed": action == "synced"}
    return {**fields, "error": error, "seconds": 1.0, **more}


RUN = {
    "results": [
        item("bad", "failed", "a | b\n\x1b<i>c</i>", cause="404 from upstream"),
        item("new", "synced", stamp="20261122T200001", packages_added=2, packages_removed=1),
        item("odd", "synced", shrunk={"before": 10, "after": 2}),
    ],
    "msg": "1 of 3 failed",
    "failed_when_result": False,
}


def test_tables_list_failed_new_and_flagged_items():
    text = markdown(
        "package_sync", [outcome_of("ark", [RUN], 5)], "New snapshots", ["run it again"]
    )
    assert text == (
        "## package\\_sync\n\n"
        "❌ **ark**: 1 failed, 2 changed, 5 s\n\n"
        "### Failed\n\n"
        "| item | cause | error |\n| --- | --- | --- |\n"
        "| bad | 404 from upstream | a \\| b \\\\x1b\\<i\\>c\\</i\\> |\n\n"
        "- **404 from upstream**: check the URL in a browser and correct it; upstream may also "
        "require credentials\n\n"
        "Retry the failed items:\n\n```shell\nrun it again\n```\n\n"
        "### New snapshots\n\n"
        "| item | change |\n| --- | --- |\n"
        "| new | 20261122T200001 +2 -1 |\n| odd | synced |\n\n"
        "### Flagged\n\n"
        "| item | packages before | packages now |\n| --- | --- | --- |\n| odd | 10 | 2 |\n"
    )


def test_every_pulp_server_has_its_section():
    good = outcome_of("client1", [{"results": []}])
    down = outcome_of("client2", [{"failed": True, "msg": "cannot be reached"}])
    text = markdown("package_mirror", [good, down], "Mirrored", ["", ""])
    assert "✅ **client1**: nothing to do, 0 s" in text
    assert "❌ **client2**: nothing was done, 0 s\n\ncannot be reached\n" in text
