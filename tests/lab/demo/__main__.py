# SPDX-License-Identifier: Apache-2.0
"""The release train on this machine: from an upstream through an Ark and a client to a host.

Run it with ``make demo``. Run it again, and it says what is unchanged; ``make demo ARGS=--next``
releases what upstream has moved on to. ``make stop`` ends the servers. RELEASE_TRAIN_ARK_URL,
_USERNAME, _PASSWORD and _CA_PATH (and RELEASE_TRAIN_CLIENT_...) make it use existing Pulps.
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
from .screen import INDENT, Screen, answers, changed, listed, shown, told
from .site import Site, pulp_of
from .walk import Stamps, Walk, expect

STEPS = 15


def main() -> int:
    """Take the walk; exit status 0, 1 (what failed and how to repeat it), 2 (packages missing)."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--next", action="store_true", help="release what upstream has moved on to")
    options = parser.parse_args()
    screen = Screen(STEPS)
    try:
        walk(screen, options.next)
        return 0
    except KeyboardInterrupt:
        screen.say("interrupted: run the same command again to go on")
        return 130
    except PlaybookFailed as error:
        screen.say(f"\n{error}\n\nThat failed; the line above repeats it.")
    except (LabError, UpstreamError) as error:
        screen.say(f"\n{error}")
        if isinstance(error, MissingPackages):
            return 2
    screen.say("The servers still run: `make demo` goes on from here, `make stop` ends them.")
    return 1


def walk(screen: Screen, release_next: bool) -> None:
    """Take all steps and tell what came of each."""
    site = start(screen)
    walk = Walk(site)
    with screen.step("Tell Ark who may see what, before there is anything to see") as lines:
        lines.append(told(walk.play("access_control"), "guards, groups and a client's account"))
    with screen.step("Take snapshots: upstream forgets, snapshots do not") as lines:
        played, newest = walk.take_snapshots()
        lines.append(told(played, f"snapshots {listed(newest.values())}"))
    release = {} if release_next else walk.released()
    keep_from_client(screen, walk, walk.unreleased(newest))
    fresh, release = not release, release or newest
    promote(screen, walk, release, fresh)
    newest = move_on(screen, walk, release, newest)
    mirror(screen, walk, release)
    install(screen, walk)
    images(screen, Images(walk))
    conclude(screen, walk, release, newest)


def start(screen: Screen) -> Site:
    """Have two Pulps and an upstream running."""
    sentence = "Start an Ark, a client's Pulp and an upstream, on this machine only"
    with screen.step(sentence, quiet=True) as lines:
        if not known_servers() and http.existing_server("ark") is None:
            screen.say(f"{INDENT}for the first time: Pulp is installed, which takes some minutes")
        host.ensure_programs()
        servers = launcher.start("ark", "client")
        upstream = daemon.start()["url"]
        ark, client = (pulp_of(name, servers[name]) for name in ("ark", "client"))
        folder = cache() / "demo"
        site = Site(folder, ark, client, upstream, daemon.tree(), public_key())
        site.publish_upstream()
        lines.append(f"Ark {ark.url}, client {client.url}, upstream {upstream}")
    return site


def keep_from_client(screen: Screen, walk: Walk, unreleased: Stamps) -> None:
    """Show that nobody outside sees what is not released."""
    with screen.step("Keep what is not released from clients: it has not been tested") as lines:
        if not unreleased:
            lines.append("everything is released")
            return
        found = walk.statuses(unreleased)
        wanted = {walk.site.ark.username: {200}, ACCOUNT: {403}, "anonymous": {403}}
        expect(found, wanted, "answers of development snapshots")
        lines.append(answers(found, unreleased))


def promote(screen: Screen, walk: Walk, release: Stamps, fresh: bool) -> None:
    """Release exactly what was tested, and show that the client sees it now."""
    with screen.step("Release what was tested, exactly that, all of it or nothing") as lines:
        if fresh:
            host.forget(walk.host("rocky-9"), walk.host("ubuntu-noble"))
            walk.remember(walk.digests(release))
        walk.pin(release)
        played = walk.play("package_promote", report=True)
        found = walk.statuses(release)
        expect(found[ACCOUNT], {200}, f"answers of released snapshots to {ACCOUNT}")
        lines.append(told(played, f"pins in {shown(walk.site.pins)}"))
        lines.append(answers(found, release))


def move_on(screen: Screen, walk: Walk, release: Stamps, newest: dict[str, str]) -> dict[str, str]:
    """Let upstream move on, unless it has, and show that the release does not move."""
    with screen.step("Upstream moves on; what is released stays as it is") as lines:
        if dict(newest) == dict(release):
            walk.site.publish_upstream(moves=1)
            walk.changes += 1
            played, newest = walk.take_snapshots()
            lines.append(told(played, f"snapshots {listed(newest.values())}"))
        else:
            lines.append("upstream moved on in an earlier run: nothing changed")
        expect(walk.digests(release), walk.remembered(), "SHA-256 of the release's metadata")
        lines.append(f"{len(release)} old snapshots serve the same bytes as before (sha256)")
    return newest


def mirror(screen: Screen, walk: Walk, release: Stamps) -> None:
    """Bring the release to the client's Pulp, by stamp and into its channels."""
    with screen.step("Mirror the release into the client's Pulp, by stamp") as lines:
        lines.append(told(walk.play("package_mirror", report=True), "served by stamp"))
    with screen.step("Bring the client's development channel to the release") as lines:
        lines.append(told(walk.sync_client(), "channel development"))
    with screen.step("Promote it to the production channel, which hosts read") as lines:
        lines.append(told(walk.promote_client(), "channel production"))
        for name, channels in walk.channels(release).items():
            expect(channels, ["development", "production"], f"channels that serve {name}")


def install(screen: Screen, walk: Walk) -> None:
    """Install packages the way hosts do."""
    for sentence, content_type, installing in (
        ("Install on a Rocky Linux host, with dnf", "rpm", walk.install_rpms),
        (
            "Install on an Ubuntu host, with apt-get, checking signatures",
            "deb",
            walk.install_debs,
        ),
    ):
        with screen.step(sentence) as lines:
            installed = installing()
            latest = walk.upstream_versions(content_type)
            state = "installed" if installed.changed else "nothing changed"
            for name, version in installed.versions.items():
                lines.append(f"{name} {version}, upstream is at {latest[name]}")
            lines.append(state)


def images(screen: Screen, images: Images) -> None:
    """Take container images and a disk image the same way."""
    sentence = "Push container images and upload a disk image to Ark, where builders alone see them"
    with screen.step(sentence) as lines:
        pushed, uploaded = images.push(), images.upload()
        lines.append(f"{changed(pushed)}: {listed(IMAGES)} with {len(TAGS)} tags, a signature each")
        lines.append(told(uploaded, f"{DISK} as {VERSION}"))
    with screen.step("Release them: what is pinned, and a tag never moves") as lines:
        before = images.seen_by_client()
        played = images.release()
        after = images.seen_by_client()
        if played[0].changed:
            expect(before, {ACCOUNT: False, "anonymous": False}, "who could pull before")
        expect(after, {ACCOUNT: True, "anonymous": False}, "who can pull now")
        lines += [told(played[0], "tags by digest"), told(played[1], f"{DISK} {VERSION}")]
        lines.append(f"{ACCOUNT} can pull them from Ark now, and nobody can without an account")
    with screen.step("Mirror them into the client's Pulp") as lines:
        containers, disks = images.mirror()
        lines += [told(containers, "tags by digest"), told(disks, "the disk image")]
    with screen.step("Pull with podman and fetch with curl, as a site does") as lines:
        lines += [*images.pull(), images.fetch()]


def conclude(screen: Screen, walk: Walk, release: Stamps, newest: Stamps) -> None:
    """Show what is where, and how to look around."""
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
    site, folder = walk.site, walk.site.inventory
    screen.say()
    screen.table(rows)
    program = os.path.relpath(Path(sys.executable).with_name("ansible-playbook"), folder)
    outcome = "nothing changed" if not walk.changes else "done"
    screen.say(f"""
{outcome}, {screen.elapsed:.0f} s. Look around; the servers run until `make stop`:
  Ark       {site.ark.url}/pulp/content/    user {site.ark.username}
  client    {site.client.url}/pulp/content/    user {site.client.username}
  upstream  {site.upstream}/
  passwords {" ".join(map(shown, password_files(site)))}
  cd {shown(folder)} && {program} stackhpc.release_train.package_sync
  make demo              changes nothing
  make demo ARGS=--next  releases what upstream has moved on to""")


if __name__ == "__main__":
    sys.exit(main())
