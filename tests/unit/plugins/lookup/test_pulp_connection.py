# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import pytest
from ansible.errors import AnsibleLookupError
from ansible.parsing.dataloader import DataLoader
from ansible.template import Templar

from plugins.lookup.pulp_connection import LookupModule

OWN = {
    "release_train_pulp_url": "https://own",
    "release_train_pulp_username": "me",
    "release_train_pulp_password": "hidden",
}
KAYOBE = {"pulp_url": "https://kayobe", "pulp_username": "admin", "pulp_password": "secret"}


def look_up(host, groups, **variables):
    scope = {"inventory_hostname": host, "groups": groups, **variables}
    module = LookupModule(loader=DataLoader(), templar=Templar(DataLoader(), scope))
    (found,) = module.run([], scope)
    return found


def test_connection_variables_of_a_host_override_those_of_kayobe():
    found = look_up("ark1", {"ark": ["ark1"]}, **OWN, **KAYOBE)
    assert found == {"pulp_url": "https://own", "username": "me", "password": "hidden"}


@pytest.mark.parametrize(
    ("host", "groups"), [("client1", {"client": ["client1"]}), ("localhost", {"seed": ["seed1"]})]
)
def test_a_client_uses_the_connection_of_kayobe(host, groups):
    found = look_up(host, groups, **KAYOBE, pulp_validate_certs=False)
    assert (found["pulp_url"], found["validate_certs"]) == ("https://kayobe", False)


@pytest.mark.parametrize(
    ("host", "groups"),
    [
        ("test1", {"test": ["test1"], "client": ["client1"]}),
        ("localhost", {"client": ["client1"]}),
        ("ark1", {"ark": ["ark1"]}),
    ],
)
def test_other_hosts_do_not_use_the_connection_of_kayobe(host, groups):
    with pytest.raises(AnsibleLookupError, match=f"host '{host}' has no release_train_pulp_url"):
        look_up(host, groups, **KAYOBE)


def test_a_ca_bundle_is_passed_on_unless_it_is_empty():
    given = look_up("ark1", {}, **OWN, release_train_pulp_ca_path="/ca.pem")
    assert given["ca_path"] == "/ca.pem"
    assert "ca_path" not in look_up("ark1", {}, **OWN, release_train_pulp_ca_path="")


ARK_OF_KAYOBE = {
    "stackhpc_release_pulp_url": "https://ark",
    "stackhpc_release_pulp_username": "client",
    "stackhpc_release_pulp_password": "opens",
}


def look_up_ark(host, groups, **variables):
    scope = {"inventory_hostname": host, "groups": groups, **variables}
    module = LookupModule(loader=DataLoader(), templar=Templar(DataLoader(), scope))
    (found,) = module.run([], scope, server="ark")
    return found


def test_ark_is_a_host_or_the_release_server_of_kayobe_and_never_the_client():
    found = look_up_ark("ark1", {"ark": ["ark1"]}, **OWN, **KAYOBE, **ARK_OF_KAYOBE)
    assert found["pulp_url"] == "https://own"
    found = look_up_ark("localhost", {"seed": ["seed1"]}, **OWN, **KAYOBE, **ARK_OF_KAYOBE)
    assert found == {"pulp_url": "https://ark", "username": "client", "password": "opens"}
    with pytest.raises(AnsibleLookupError, match="has no stackhpc_release_pulp_url"):
        look_up_ark("localhost", {"seed": ["seed1"]}, **OWN, **KAYOBE)


@pytest.mark.parametrize("variables", [{}, {"release_train_pulp_url": "https://own"}])
def test_a_role_gets_nothing_of_a_host_that_does_not_define_all_of_it(variables):
    scope = {"inventory_hostname": "ark1", "groups": {"ark": ["ark1"]}, **variables}
    module = LookupModule(loader=DataLoader(), templar=Templar(DataLoader(), scope))
    assert module.run([], scope, required=False) == [{}]
    with pytest.raises(AnsibleLookupError, match="define it to connect to its Pulp server"):
        module.run([], scope)


def test_a_role_gets_the_connection_of_a_host_that_has_one():
    scope = {"inventory_hostname": "ark1", "groups": {"ark": ["ark1"]}, **OWN}
    module = LookupModule(loader=DataLoader(), templar=Templar(DataLoader(), scope))
    assert module.run([], scope, required="no") == module.run([], scope)
