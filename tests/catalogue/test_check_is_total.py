"""Whatever is sent, the check finds and never raises."""

from typing import Any

import hypothesis.strategies as st
from hypothesis import HealthCheck, given, settings

from app.catalogue import SERVICE_TYPES, ItemInput, check_order
from tests.catalogue import fake_world as w

scalars = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=True)
    | st.text(st.characters(), max_size=20)
    | st.sampled_from(["edi2", "PUL", "p2p", "none", "DOT1Q", "00:00:5e:00:53:aa", w.GROUP, w.OWNER])
    | st.sampled_from([w.PORT, w.PVLAN, w.UNIT, w.PEERING, w.CONNEXIONS, w.UNTAGGED_PORT, 444, 1_000, 10_000])
)
anything: st.SearchStrategy[Any] = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=10), inner, max_size=3)
)
references = st.fixed_dictionaries({"item": st.integers(-1, 5)})
names = sorted({f.name for kind in SERVICE_TYPES.values() for a in kind.actions.values() for f in a.fields})
detail_names = st.sampled_from([*names, "pvlan_service_account_id"]) | st.text(max_size=10)
items = st.builds(
    ItemInput,
    service_type=st.sampled_from(sorted(SERVICE_TYPES)) | anything,
    action=st.sampled_from(["new", "modify", "edit_encap", "cease"]) | anything,
    details=st.dictionaries(detail_names, scalars | references, max_size=8) | anything,
    service_number=references | anything,
    item_number=st.none() | st.integers(0, 5) | anything,
    depends_on=st.none() | st.lists(st.integers(0, 5), max_size=3) | anything,
)


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(order_type=st.sampled_from(["normal", "join_pvlan"]) | anything, order=st.lists(items, max_size=5))
def test_any_json_gives_items_or_findings_and_nothing_else(order_type: Any, order: list[ItemInput]):
    checked = check_order(order_type, order, w.FakeWorld())
    assert bool(checked.items) != bool(checked.findings)
    for finding in checked.findings:
        assert finding.pointer.startswith("/")
        assert finding.rule
        finding.detail.encode()
        finding.pointer.encode()


plausible = st.sampled_from(
    [
        ("multiservice_port", "new", {"fabric": "edi2", "location": "PUL", "port_capacity": 1_000}),
        ("multiservice_port", "edit_encap", {"encapsulation": "dot1q"}),
        ("multiservice_port", "edit_encap", {"encapsulation": "none"}),
        ("multiservice_port", "cease", {}),
        ("pvlan", "new", {"fabric": "edi2", "pvlan_type": "p2p", "service_name": "x", "bandwidth": 5}),
        ("pvlan", "cease", {}),
        ("pvlan_unit", "modify", {"vlan_id": 7}),
        ("pvlan_unit", "cease", {}),
        ("connexions", "modify", {"bandwidth": 5, "vlan_id": 9}),
        ("peering_unit", "modify", {"mac_address": "00:00:5e:00:53:09"}),
    ]
)
targets = st.sampled_from([w.PORT, w.OTHER_PORT, w.UNTAGGED_PORT, w.PVLAN, w.UNIT, w.PEERING, w.CONNEXIONS])
units = st.builds(
    lambda port, pvlan, vlan: ("pvlan_unit", "new", {"port": port, "pvlan": pvlan, "vlan_id": vlan}),
    targets | references,
    targets | references,
    st.integers(1, 4),
)


@settings(max_examples=300, deadline=None)
@given(st.lists(st.tuples(plausible | units, targets | references), min_size=1, max_size=6))
def test_accepted_items_never_wait_in_a_circle(order: list[Any]):
    made = [ItemInput(kind, action, details, number) for (kind, action, details), number in order]
    checked = check_order("normal", made, w.FakeWorld())
    needs = {item.number: set(item.depends_on) for item in checked.items}
    while free := [number for number, waits in needs.items() if not waits & needs.keys()]:
        for number in free:
            del needs[number]
    assert not needs
