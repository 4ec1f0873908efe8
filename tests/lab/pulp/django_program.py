# SPDX-License-Identifier: Apache-2.0
"""Operations that need Pulp's own models; run by a server's Python, with a JSON request on stdin.

Requests: ``{"do": "seed", "distributions": N}`` and ``{"do": "unseed"}``. Prints one line of text.
"""

from __future__ import annotations

import datetime
import json
import sys
from typing import Any

import django

django.setup()

from django.db import connection, transaction  # noqa: E402
from pulp_rpm.app.models import RpmDistribution  # noqa: E402
from pulpcore.app.models import Distribution  # noqa: E402

SNAPSHOTS_PER_PREFIX = 25
BATCH = 1000


def seed(request: dict[str, Any]) -> str:
    """Insert those of N distributions that do not exist, with 25 snapshots for each prefix."""
    wanted = {_name(number): _base_path(number) for number in range(request["distributions"])}
    existing = set(_seeded().values_list("name", flat=True))
    missing = sorted(set(wanted) - existing)
    for start in range(0, len(missing), BATCH):
        _insert({name: wanted[name] for name in missing[start : start + BATCH]})
    _refresh_statistics()
    return f"{len(missing)} distributions inserted, {_seeded().count()} in total"


def unseed(_request: dict[str, Any]) -> str:
    """Delete the distributions that seed() inserted."""
    keys = list(_seeded().values_list("pk", flat=True))
    for start in range(0, len(keys), BATCH):
        batch = keys[start : start + BATCH]
        with transaction.atomic():
            RpmDistribution.objects.filter(pk__in=batch)._raw_delete("default")
            Distribution.objects.filter(pk__in=batch)._raw_delete("default")
    _refresh_statistics()
    return f"{len(keys)} seeded distributions deleted"


def _insert(paths: dict[str, str]) -> None:
    """Use two inserts per batch: Django's bulk_create does not support multi-table inheritance."""
    kind = RpmDistribution.get_pulp_type()
    masters = [Distribution(name=n, base_path=p, pulp_type=kind) for n, p in paths.items()]
    with transaction.atomic():
        Distribution.objects.bulk_create(masters)
        details = [RpmDistribution(distribution_ptr_id=master.pk) for master in masters]
        own_fields = RpmDistribution._meta.local_concrete_fields
        RpmDistribution._base_manager._insert(details, fields=own_fields, using="default")


def _refresh_statistics() -> None:
    """Update the statistics, so that benchmarks do not depend on when autovacuum runs."""
    with connection.cursor() as cursor:
        for model in (Distribution, RpmDistribution):
            cursor.execute(f'VACUUM ANALYZE "{model._meta.db_table}"')


def _seeded() -> Any:
    return Distribution.objects.filter(name__startswith="seed-", base_path__startswith="seed/")


def _name(number: int) -> str:
    prefix, stamp = _prefix_and_stamp(number)
    return f"seed-{prefix}-{stamp}"


def _base_path(number: int) -> str:
    prefix, stamp = _prefix_and_stamp(number)
    return f"seed/{prefix}/{stamp}"


def _prefix_and_stamp(number: int) -> tuple[str, str]:
    prefix, snapshot = divmod(number, SNAPSHOTS_PER_PREFIX)
    day = datetime.date(2025, 1, 1) + datetime.timedelta(days=snapshot)
    return f"{prefix + 1:04d}", f"{day:%Y%m%d}T000000"


if __name__ == "__main__":
    sent = json.load(sys.stdin)
    print({"seed": seed, "unseed": unseed}[sent["do"]](sent))
