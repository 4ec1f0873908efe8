# SPDX-License-Identifier: Apache-2.0
"""`inventory_validate` reports all errors at once, with file and line, without vault passwords."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

EXAMPLE = Path(__file__).resolve().parents[3] / "docs" / "example-inventory"
REPOSITORIES = "group_vars/all/package_repos.yml"
PASSWORD = "only the test knows it"  # noqa: S105


@pytest.fixture
def inventory(tmp_path: Path) -> Path:
    """Copy the example inventory, without vault files that were created in the clone."""
    directory = tmp_path / "inventory"
    shutil.copytree(EXAMPLE, directory, ignore=shutil.ignore_patterns("vault.yml"))
    return directory


def run(directory: Path, *command: str, ci: str = "") -> subprocess.CompletedProcess[str]:
    """Run a command of Ansible in a directory, with the environment variable CI."""
    return subprocess.run(
        command,
        cwd=directory,
        env={**os.environ, "ANSIBLE_NOCOLOR": "1", "CI": ci},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )


def validate(directory: Path, *arguments: str, ci: str = "") -> tuple[int, list[str]]:
    """Validate the inventory in a directory; returns the exit status and the printed lines."""
    playbook = "stackhpc.release_train.inventory_validate"
    done = run(directory, "ansible-playbook", playbook, *arguments, ci=ci)
    assert "Traceback" not in done.stdout, done.stdout
    return done.returncode, done.stdout.splitlines()


def replace(path: Path, old: str, new: str) -> None:
    """Replace text that occurs once in a file."""
    text = path.read_text(encoding="utf-8")
    assert text.count(old) == 1, old
    path.write_text(text.replace(old, new), encoding="utf-8")


def encrypt(directory: Path, text: str, name: str = "") -> str:
    """Return the text as an encrypted value, or encrypt the file of this name."""
    secret = directory.parent / "password"
    secret.write_text(PASSWORD, encoding="utf-8")
    arguments = ["encrypt_string", text] if text else ["encrypt", name]
    done = run(directory, "ansible-vault", *arguments, "--vault-password-file", str(secret))
    secret.unlink()
    assert done.returncode == 0, done.stdout
    return done.stdout[done.stdout.index("!vault") :] if text else ""


def test_the_example_inventory_is_valid(inventory: Path) -> None:
    status, lines = validate(inventory)
    assert status == 0
    assert "0 errors, 0 warnings: 22 repositories in 9 files" in lines


def test_encrypted_files_and_values_need_no_password(inventory: Path) -> None:
    for name in ("group_vars/ark/vault.yml", "host_vars/client1/vault.yml"):
        shutil.copy(inventory / f"{name}.example", inventory / name)
        encrypt(inventory, "", name)
    value = encrypt(inventory, "hunter2")
    path = inventory / REPOSITORIES
    item = "    short_name: docker_ce_el9\n"
    replace(path, item, f"{item}    remote_password: {value.strip()}\n    polcy: immediate\n")

    status, lines = validate(inventory)

    line = path.read_text(encoding="utf-8").splitlines().index("    polcy: immediate") + 1
    assert (
        f"{REPOSITORIES}:{line}: warning: Docker CE for Enterprise Linux 9: unknown key"
        " 'polcy', ignored (did you mean 'policy'?)"
    ) in lines
    assert "0 errors, 1 warning: 22 repositories in 9 files, 2 encrypted not read" in lines
    assert status == 0


def test_a_warning_is_an_error_in_a_job_of_ci(inventory: Path) -> None:
    item = "    short_name: docker_ce_el9\n"
    replace(inventory / REPOSITORIES, item, f"{item}    polcy: immediate\n")

    status, lines = validate(inventory, ci="true")

    assert any("unknown key 'polcy'" in line and "warning" not in line for line in lines), lines
    assert "1 error, 0 warnings: 22 repositories in 9 files" in lines
    assert status == 2


def test_validate_paths_avoids_encrypted_variables_of_all_hosts(inventory: Path) -> None:
    name = "group_vars/all/vault.yml"
    (inventory / name).write_text("vault_secret: hunter2\n", encoding="utf-8")
    encrypt(inventory, "", name)
    paths = ["-i", "localhost,", "-e", "inventory_validate_paths=hosts.yml"]
    status, lines = validate(inventory, *paths)
    assert "0 errors, 0 warnings: 22 repositories in 9 files, 1 encrypted not read" in lines
    assert status == 0


def test_all_errors_are_reported_at_once_with_file_and_line(inventory: Path) -> None:
    path = inventory / REPOSITORIES
    changes = {
        "base_path: rocky/9/CRB/x86_64/os/": "base_path: rocky/9/CRB",
        "short_name: rocky_10_baseos": "short_name: rocky_9_baseos",
        "    distributions: noble-security\n": "",
        "    url: https://download.rockylinux.org/pub/rocky/9/extras/x86_64/os/\n": "",
        "url: https://download.docker.com/linux/centos/9/": "policy: later\n    url: https://x/",
    }
    for old, new in changes.items():
        replace(path, old, new)
    pins = inventory / "group_vars" / "ark" / "pins.yml"
    pins.write_text("package_versions:\n  epel_9: latest\npackage_filter: ^rocky_8 (\n")
    kayobe = inventory / "kayobe" / "etc" / "kayobe"
    kayobe.mkdir(parents=True)
    (kayobe / "pulp-repo-versions.yml").write_text(
        "stackhpc_pulp_repo_epel_9_version: 2026\n"
        "stackhpc_pulp_repo_epel9_version: 20261122T200001\n"
    )

    status, lines = validate(inventory, "-e", "kayobe_config_repo_path=kayobe")

    text = "\n".join(lines)
    assert status == 2
    first = text.index(f"{REPOSITORIES}:")
    found = text[first : text.index(" errors, ")].splitlines()
    kept = [re.sub(r":\d+(?=[:)])", ":N", line) for line in found]
    stamp = "expected a stamp YYYYMMDDTHHMMSS, such as 20261120T200001"
    pinned = "kayobe/etc/kayobe/pulp-repo-versions.yml"
    assert sorted(kept[:-1]) == sorted(
        [
            f"{REPOSITORIES}:N: Rocky Linux 9 - CRB: base_path must end in '/' and not begin with"
            " it, not 'rocky/9/CRB'",
            f"{REPOSITORIES}:N: Rocky Linux 9 - extras: url is missing",
            f"{REPOSITORIES}:N: Rocky Linux 10 - BaseOS: repeats the short_name 'rocky_9_baseos' of"
            f" Rocky Linux 9 - BaseOS ({REPOSITORIES}:N)",
            f"{REPOSITORIES}:N: Docker CE for Enterprise Linux 9: policy must be one of immediate,"
            " on_demand, streamed, not 'later'",
            f"{REPOSITORIES}:N: Ubuntu noble security: distributions is missing",
            "group_vars/ark/pins.yml:N: package_filter: '(' is not a regular expression: missing ),"
            " unterminated subpattern at position 0",
            f"group_vars/ark/pins.yml:N: epel_9: 'epel_9' is pinned to 'latest': {stamp}",
            f"{pinned}:N: epel_9: 'epel_9' is pinned to '2026': {stamp}",
            f"{pinned}:N: warning: epel9: 'epel9' is pinned, but no package repository has that"
            " short name (nearest: epel_9, epel_10)",
        ]
    )
    now = path.read_text(encoding="utf-8").splitlines()
    line = now.index("    base_path: rocky/9/CRB") + 1
    assert any(one.startswith(f"{REPOSITORIES}:{line}: Rocky Linux 9 - CRB") for one in found)
    first_line, second_line = (
        number for number, one in enumerate(now, 1) if "short_name: rocky_9_baseos" in one
    )
    [repeated] = [one for one in found if "repeats" in one]
    assert repeated.startswith(f"{REPOSITORIES}:{second_line}: ")
    assert repeated.endswith(f" ({REPOSITORIES}:{first_line})")
    assert kept[-1] == "8"
    assert lines.count("8 errors, 1 warning: 22 repositories in 11 files") == 1


def test_warnings_do_not_fail_and_a_limit_does_not_skip_the_validation(inventory: Path) -> None:
    path = inventory / REPOSITORIES
    replace(path, "mirrorlist?repo=epel-9", "metalink?repo=epel-9")
    for arguments in ([], ["--limit", "client1"], ["--tags", "hosts"], ["--check"]):
        status, lines = validate(inventory, *arguments)
        assert status == 0
        assert any("cannot sync from a metalink" in line for line in lines)
        assert "0 errors, 1 warning: 22 repositories in 9 files" in lines


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("rpm_package_repos: [\n", "package_repos.yml:2: file: not YAML: "),
        ("- a\n", "package_repos.yml:1: file: must be a mapping of variables"),
        ("other: 1\n", "hosts.yml:1: inventory: has neither rpm_package_repos nor"),
        ("rpm_package_repos: {}\n", "0 errors, 0 warnings: 0 repositories"),
        (
            'rpm_package_repos: "{{ x }}"\n',
            "rpm_package_repos: not checked: the list is a template",
        ),
    ],
)
def test_a_malformed_file_is_reported(inventory: Path, text: str, problem: str) -> None:
    (inventory / REPOSITORIES).write_text(text, encoding="utf-8")
    # Ansible reads the variables of all hosts itself, and fails if a file is not YAML.
    paths = ["-i", "localhost,", "-e", "inventory_validate_paths=hosts.yml"]
    status, lines = validate(inventory, *paths)
    assert any(problem in line for line in lines), lines
    assert status == (0 if "0 errors" in "".join(lines) else 2)
