# SPDX-License-Identifier: Apache-2.0
"""RPM repositories: packages with createrepo_c metadata, modules, advisories and groups."""

from __future__ import annotations

import json
import re
import tempfile
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timezone
from pathlib import Path
from xml.sax.saxutils import escape, quoteattr

from .rpm import Rpm, build_rpms
from .state import place, publish
from .tools import EPOCH, require, run


@dataclass(frozen=True)
class Module:
    """One module stream with `packages`; `default` makes it the module's default stream."""

    name: str
    stream: str
    packages: tuple[Rpm, ...]
    version: int = 1
    context: str = "c0ffee00"
    arch: str = "x86_64"
    default: bool = False


@dataclass(frozen=True)
class Advisory:
    """One advisory: `kind` is `security`, `bugfix`, `enhancement` or `newpackage`."""

    id: str
    packages: tuple[Rpm, ...]
    kind: str = "security"
    severity: str = "Important"
    title: str = "A test advisory"


@dataclass(frozen=True)
class Group:
    """One group of packages for `dnf group install`."""

    id: str
    packages: tuple[str, ...]


def publish_rpm(
    root: Path,
    path: str,
    packages: Iterable[Rpm],
    *,
    modules: Sequence[Module] = (),
    advisories: Sequence[Advisory] = (),
    groups: Sequence[Group] = (),
    revision: int | None = None,
) -> Path:
    """Publish an RPM repository at `path` below `root`; the same content gives the same bytes.

    Returns the published path. `revision` is that of `state.publish`.
    """
    chosen = sorted(packages, key=lambda package: package.filename)
    extras = [
        [asdict(module) for module in modules],
        [asdict(advisory) for advisory in advisories],
        [asdict(group) for group in groups],
    ]
    content = ["rpm", [package.key for package in chosen], *extras]

    def write(directory: Path, at: int) -> None:
        require("createrepo_c", "modifyrepo_c")
        for package, file in build_rpms(chosen).items():
            place(file, directory / "Packages" / package.name[0] / package.filename)
        with tempfile.TemporaryDirectory(prefix="upstream-metadata-") as name:
            _write_metadata(directory, Path(name), at, modules, advisories, groups)

    return publish(root, path, content, write, revision)


def _write_metadata(
    directory: Path,
    scratch: Path,
    at: int,
    modules: Sequence[Module],
    advisories: Sequence[Advisory],
    groups: Sequence[Group],
) -> None:
    command: list[str | Path] = ["createrepo_c", "--quiet", "--no-database", "--workers", "1"]
    command += ["--compress-type", "gz", "--revision", str(at), "--set-timestamp-to-revision"]
    if groups:
        (scratch / "comps.xml").write_text(_comps(groups))
        command += ["--groupfile", scratch / "comps.xml"]
    run([*command, directory])
    texts = {
        "modules.yaml": _modules(modules) if modules else "",
        "updateinfo.xml": _updateinfo(advisories) if advisories else "",
    }
    for name, text in texts.items():
        if text:
            (scratch / name).write_text(text)
            options = ["--mdtype", name.partition(".")[0], "--compress-type", "gz"]
            run(["modifyrepo_c", *options, scratch / name, directory / "repodata"])
    # modifyrepo_c writes the current time.
    repomd = directory / "repodata" / "repomd.xml"
    stamped = f"<timestamp>{at}</timestamp>"
    repomd.write_text(re.sub(r"<timestamp>\d+</timestamp>", stamped, repomd.read_text()))


def _modules(modules: Sequence[Module]) -> str:
    """Return modules.yaml (modulemd version 2, and defaults version 1)."""
    documents = [_document("modulemd", 2, {
        "name": module.name,
        "stream": module.stream,
        "version": module.version,
        "context": module.context,
        "arch": module.arch,
        "summary": f"Test module {module.name}",
        "description": f"A test module called {module.name}.",
        "license": {"module": ["Apache-2.0"], "content": ["Apache-2.0"]},
        "profiles": {"common": {"rpms": sorted({rpm.name for rpm in module.packages})}},
        "artifacts": {"rpms": [rpm.nevra for rpm in module.packages]},
    }) for module in modules]  # fmt: skip
    documents += [_document("modulemd-defaults", 1, {
        "module": module.name,
        "stream": module.stream,
        "profiles": {module.stream: ["common"]},
    }) for module in modules if module.default]  # fmt: skip
    return "".join(documents)


def _document(kind: str, version: int, data: dict[str, object]) -> str:
    fields = "".join(f"  {name}: {json.dumps(value)}\n" for name, value in data.items())
    return f"---\ndocument: {kind}\nversion: {version}\ndata:\n{fields}...\n"


def _updateinfo(advisories: Sequence[Advisory]) -> str:
    issued = datetime.fromtimestamp(EPOCH, timezone.utc).strftime("%Y-%m-%d %H:%M:%S")
    lines = ['<?xml version="1.0" encoding="UTF-8"?>', "<updates>"]
    for advisory in advisories:
        lines += [
            f'<update from="upstream@example.org" status="final" type={quoteattr(advisory.kind)}'
            ' version="1">',
            f"<id>{escape(advisory.id)}</id>",
            f"<title>{escape(advisory.title)}</title>",
            f"<issued date={quoteattr(issued)}/><updated date={quoteattr(issued)}/>",
            f"<severity>{escape(advisory.severity)}</severity>",
            "<release>Test upstream</release>",
            f"<description>{escape(advisory.title)}.</description>",
            '<pkglist><collection short="upstream"><name>upstream</name>',
        ]
        for rpm in advisory.packages:
            names = f"name={quoteattr(rpm.name)} version={quoteattr(rpm.version)}"
            lines.append(
                f'<package {names} release={quoteattr(rpm.release)} epoch="0" '
                f"arch={quoteattr(rpm.arch)}><filename>{escape(rpm.filename)}</filename></package>"
            )
        lines.append("</collection></pkglist></update>")
    return "\n".join([*lines, "</updates>"]) + "\n"


def _comps(groups: Sequence[Group]) -> str:
    lines = ['<?xml version="1.0" encoding="UTF-8"?>', "<comps>"]
    for group in groups:
        requests = [
            f'<packagereq type="mandatory">{escape(name)}</packagereq>' for name in group.packages
        ]
        lines += [
            f"<group><id>{escape(group.id)}</id><name>{escape(group.id)}</name>",
            f"<description>{escape(group.id)}</description>",
            "<default>true</default><uservisible>true</uservisible><packagelist>",
            *requests,
            "</packagelist></group>",
        ]
    return "\n".join([*lines, "</comps>"]) + "\n"
