# SPDX-License-Identifier: Apache-2.0
"""Whatever request fails, the message reports the state of every distribution."""

from __future__ import annotations

import re
from math import inf
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from plugins.module_utils.objects.switch import Switch, switch_all
from plugins.module_utils.pulp.errors import LostResponse, PulpError, ResponseError, Unreachable
from plugins.module_utils.pulp.types import CONTENT_TYPES
from plugins.module_utils.report.report import Result
from tests.unit.fake_pulp.pulp import FakePulp

KIND = CONTENT_TYPES["rpm"].distribution
NAMES = "abcde"
FAULTS: list[dict[str, Any]] = [
    {"raises": ResponseError(400, "refused")},
    {"raises": ResponseError(502, "Bad Gateway")},
    {"raises": Unreachable("cannot be reached")},
    {"raises": LostResponse("broke")},
    {"raises": LostResponse("broke"), "carried_out": True},
    {"fails": "out of order"},
    {"ignored": True},
    {"polls": 3},
]
HEADINGS = {
    "Still switched": {"new"},
    "Unknown whether switched": {"old", "new", ""},
    "Rolled back": {"old", ""},
    "Not changed": {"old", ""},
}
rules = st.lists(
    st.tuples(
        st.sampled_from(["GET", "POST", "PATCH", "DELETE", ""]),
        st.sampled_from(["distributions/", "tasks/", ""]),
        st.sampled_from(FAULTS),
        st.integers(0, 12),
        st.sampled_from([1, 2, 6, inf]),
    ),
    max_size=3,
)


def pulp_with(names: str) -> tuple[FakePulp, dict[str, str]]:
    """A Pulp with distributions that have the guard `old`, and the hrefs of guards by name."""
    pulp = FakePulp(concurrency=1)
    hrefs = {name: pulp.add_guard(name)["pulp_href"] for name in ("old", "new")}
    for name in names:
        pulp.add_distribution("rpm", name, content_guard=hrefs["old"])
    return pulp, hrefs


def switches(pulp: FakePulp, guard: str) -> list[Switch]:
    by_name = pulp.by_name("distributions/")
    return [
        Switch(
            KIND,
            name,
            by_name.get(name),
            {"content_guard": guard, "base_path": name},
            Result(name, "rpm"),
        )
        for name in NAMES
    ]


def guards(pulp: FakePulp, hrefs: dict[str, str]) -> dict[str, str]:
    """The guard of each distribution, "" of those that do not exist."""
    by_href = {href: name for name, href in hrefs.items()}
    by_name = pulp.by_name("distributions/")
    return {
        name: by_href[by_name[name]["content_guard"]] if name in by_name else "" for name in NAMES
    }


@settings(deadline=None)
@given(existing=st.sets(st.sampled_from(NAMES)), faults=rules)
def test_a_message_names_every_distribution_in_its_real_state(existing, faults):
    pulp, hrefs = pulp_with("".join(sorted(existing)))
    before = guards(pulp, hrefs)
    todo = switches(pulp, hrefs["new"])
    for method, path, fault, skip, times in faults:
        pulp.on(method, path, **fault, skip=skip, times=times)
    message = ""
    try:
        switch_all(pulp.server(), todo)
    except PulpError as error:
        message = str(error)
    pulp.rules.clear()
    now = guards(pulp, hrefs)
    if not message:
        assert set(now.values()) == {"new"}
    elif message.startswith("nothing was switched"):
        assert now == before
    else:
        named = dict.fromkeys(NAMES, "")
        for line in message.splitlines()[1:-1]:
            heading, _colon, names = line.partition(": ")
            for name in re.findall(r"\b([a-e])\b(?:,| \(|$)", names):
                named[name] = heading
                assert now[name] in HEADINGS[heading], message
        assert all(named.values()), message
    assert [bool(one.result.error) for one in todo] == [bool(message)] * len(NAMES)

    switch_all(pulp.server(), switches(pulp, hrefs["new"]))
    assert set(guards(pulp, hrefs).values()) == {"new"}
