# SPDX-License-Identifier: Apache-2.0
"""Show the release train on this machine: from an upstream through Ark and a client to a host.

Run it with ``make demo``. A second run changes nothing; ``make demo ARGS=--next`` releases the
newer snapshots of upstream. ``make stop`` stops the servers. To use an existing Ark, set
RELEASE_TRAIN_ARK_URL, _USERNAME, _PASSWORD and _CA_PATH; for a client, RELEASE_TRAIN_CLIENT_URL
and so on.
"""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

from ..debian import MissingPackages
from ..paths import LabError, cache, known_servers
from ..playbook import PlaybookFailed
from ..pulp import http, launcher
from ..upstream import daemon
from ..upstream.key import public_key
from ..upstream.tools import UpstreamError
from . import content, host
from .images import DISK, TAGS, VERSION, Images
from .inventory import ACCOUNT, IMAGES, password_files
from .screen import (
    INDENT,
    Screen,
    join_sorted,
    relative_path,
    summarize_change,
    summarize_run,
    summarize_statuses,
)
from .site import Site, pulp_of
from .walk import Stamps, Walk, expect

STEPS = 15


def main() -> int:
    """Run the demo; exit status 0, 1 (the output has the cause), 2 (packages are missing)."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--next", action="store_true", help="release the newer snapshots")
    options = parser.parse_args()
    screen = Screen(STEPS)
    try:
        run_steps(screen, options.next)
        return 0
    except KeyboardInterrupt:
        screen.report("interrupted: run the same command again to continue")
        return 130
    except PlaybookFailed as error:
        screen.report(f"\n{error}\n\nThe playbook failed; the line above repeats it.")
    except (LabError, UpstreamError) as error:
        screen.report(f"\n{error}")
        if isinstance(error, MissingPackages):
            return 2
    screen.report("The servers are still running: `make demo` continues, `make stop` stops them.")
    return 1


def run_steps(screen: Screen, release_next: bool) -> None:
    """Run all steps and print the result of each."""
    site = start(screen)
    walk = Walk(site)
    with screen.step("Configure access control on Ark before it has content") as lines:
        lines.append(
            summarize_run(walk.play("access_control"), "guards, groups and a client's account")
        )
    with screen.step("Take snapshots: upstream changes, snapshots do not") as lines:
        played, newest = walk.take_snapshots()
        lines.append(summarize_run(played, f"snapshots {join_sorted(newest.values())}"))
    release = {} if release_next else walk.released()
    keep_from_client(screen, walk, walk.unreleased(newest))
    fresh, release = not release, release or newest
    promote(screen, walk, release, fresh)
    newest = change_upstream(screen, walk, release, newest)
    mirror(screen, walk, release)
    install(screen, walk)
    images(screen, Images(walk))
    conclude(screen, walk, release, newest)


def start(screen: Screen) -> Site:
    """Start two Pulps and an upstream, unless they are running."""
    title = "Start Ark, a client's Pulp and an upstream on this machine"
    with screen.step(title, quiet=True) as lines:
        if not known_servers() and http.existing_server("ark") is None:
            screen.report(f"{INDENT}first run: installing Pulp takes some minutes")
        host.ensure_programs()
        servers = launcher.start("ark", "client")
        upstream = daemon.start()["url"]
        ark, client = (pulp_of(name, servers[name]) for name in ("ark", "client"))
        directory = cache() / "demo"
        site = Site(directory, ark, client, upstream, daemon.tree(), public_key())
        site.publish_upstream()
        lines.append(f"Ark {ark.url}, client {client.url}, upstream {upstream}")
    return site


def keep_from_client(screen: Screen, walk: Walk, unreleased: Stamps) -> None:
    """Show that clients cannot read unreleased snapshots."""
    with screen.step("Deny clients access to unreleased snapshots, which are not tested") as lines:
        if not unreleased:
            lines.append("all snapshots are released")
            return
        found = walk.statuses(unreleased)
        wanted = {walk.site.ark.username: {200}, ACCOUNT: {403}, "anonymous": {403}}
        expect(found, wanted, "HTTP statuses of development snapshots")
        lines.append(summarize_statuses(found, unreleased))


def promote(screen: Screen, walk: Walk, release: Stamps, fresh: bool) -> None:
    """Release exactly the tested snapshots, and show that the client can read them."""
    with screen.step("Release exactly the tested snapshots, all or none") as lines:
        if fresh:
            host.remove_hosts(walk.host("rocky-9"), walk.host("ubuntu-noble"))
            walk.save_digests(walk.digests(release))
        walk.pin(release)
        played = walk.play("package_promote", report=True)
        found = walk.statuses(release)
        expect(found[ACCOUNT], {200}, f"HTTP statuses of released snapshots for {ACCOUNT}")
        lines.append(summarize_run(played, f"pins in {relative_path(walk.site.pins)}"))
        lines.append(summarize_statuses(found, release))


def change_upstream(
    screen: Screen, walk: Walk, release: Stamps, newest: dict[str, str]
) -> dict[str, str]:
    """Change upstream, unless an earlier run did, and show that the release does not change."""
    with screen.step("Take snapshots of a changed upstream; the release does not change") as lines:
        if dict(newest) == dict(release):
            walk.site.publish_upstream(moves=1)
            walk.changes += 1
            played, newest = walk.take_snapshots()
            lines.append(summarize_run(played, f"snapshots {join_sorted(newest.values())}"))
        else:
            lines.append("an earlier run changed upstream: nothing changed")
        expect(walk.digests(release), walk.saved_digests(), "SHA-256 of the release's metadata")
        lines.append(f"{len(release)} old snapshots serve the same bytes as before (sha256)")
    return newest


def mirror(screen: Screen, walk: Walk, release: Stamps) -> None:
    """Mirror the release into the client's Pulp by stamp, and serve it in its channels."""
    with screen.step("Mirror the release into the client's Pulp, by stamp") as lines:
        lines.append(summarize_run(walk.play("package_mirror", report=True), "served by stamp"))
    with screen.step("Sync the client's development channel to the release") as lines:
        lines.append(summarize_run(walk.sync_client(), "channel development"))
    with screen.step("Promote it to the production channel, which hosts read") as lines:
        lines.append(summarize_run(walk.promote_client(), "channel production"))
        for name, channels in walk.channels(release).items():
            expect(channels, ["development", "production"], f"channels that serve {name}")


def install(screen: Screen, walk: Walk) -> None:
    """Install packages as hosts do."""
    for title, content_type, installing in (
        ("Install on a Rocky Linux host with dnf", "rpm", walk.install_rpms),
        (
            "Install on an Ubuntu host with apt-get, which verifies signatures",
            "deb",
            walk.install_debs,
        ),
    ):
        with screen.step(title) as lines:
            installed = installing()
            latest = walk.upstream_versions(content_type)
            state = "installed" if installed.changed else "nothing changed"
            for name, version in installed.versions.items():
                lines.append(f"{name} {version}, upstream has {latest[name]}")
            lines.append(state)


def images(screen: Screen, images: Images) -> None:
    """Bring container images and a disk image from the build to a site."""
    title = "Push container images and upload a disk image to Ark, with access for builders only"
    with screen.step(title) as lines:
        pushed, uploaded = images.push(), images.upload()
        lines.append(
            f"{summarize_change(pushed)}: {join_sorted(IMAGES)}, {len(TAGS)} tags each, one signed"
        )
        lines.append(summarize_run(uploaded, f"{DISK} as {VERSION}"))
    with screen.step("Release the pinned images; released tags are immutable") as lines:
        before = images.pull_access()
        played = images.release()
        after = images.pull_access()
        if played[0].changed:
            expect(
                before, {ACCOUNT: False, "anonymous": False}, "access to images before the release"
            )
        expect(after, {ACCOUNT: True, "anonymous": False}, "access to images after the release")
        lines += [
            summarize_run(played[0], "tags by digest"),
            summarize_run(played[1], f"{DISK} {VERSION}"),
        ]
        lines.append(f"{ACCOUNT} can now pull them from Ark, anonymous clients cannot")
    with screen.step("Mirror the images into the client's Pulp") as lines:
        containers, disks = images.mirror()
        lines += [
            summarize_run(containers, "tags by digest"),
            summarize_run(disks, "the disk image"),
        ]
    with screen.step("Pull with podman and download with curl, as sites do") as lines:
        lines += [*images.pull(), images.fetch()]


def conclude(screen: Screen, walk: Walk, release: Stamps, newest: Stamps) -> None:
    """Print the snapshots, the URLs and accounts of the servers, and further commands."""
    rows = [("repository", "stamp", "guard", "client channel", "seconds")]
    channels = walk.channels(release)
    for stamps in (release, newest if dict(newest) != dict(release) else {}):
        chosen = [item for item in walk.repositories if item["short_name"] in stamps]
        guards = content.guards(walk.site.ark, chosen, stamps)
        for name, guard in guards.items():
            channel = ", ".join(channels[name]) if stamps is release else "-"
            seconds = walk.seconds.get((name, stamps[name]))
            spent = "-" if seconds is None else f"{seconds:.1f}"
            rows.append((name, stamps[name], guard, channel, spent))
    site, directory = walk.site, walk.site.inventory
    screen.report()
    screen.table(rows)
    program = os.path.relpath(Path(sys.executable).with_name("ansible-playbook"), directory)
    outcome = "nothing changed" if not walk.changes else "done"
    screen.report(f"""
{outcome}, {screen.elapsed:.0f} s. The servers run until `make stop`:
  Ark       {site.ark.url}/pulp/content/    user {site.ark.username}
  client    {site.client.url}/pulp/content/    user {site.client.username}
  upstream  {site.upstream}/
  passwords {" ".join(map(relative_path, password_files(site)))}
  cd {relative_path(directory)} && {program} stackhpc.release_train.package_sync
  make demo              changes nothing
  make demo ARGS=--next  releases the newer snapshots of upstream""")


if __name__ == "__main__":
    sys.exit(main())
