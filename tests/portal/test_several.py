"""Several services in one order: each in its own place, found out for itself; added, changed and taken out again."""

import pytest
from sqlalchemy import update

from app.domain.models import ItemSetup, Order, OrderItem, Port, Service
from app.extensions import db
from tests import cast
from tests.portal.ordering import ON_OUR_PORT, PEERING, PORT, Wizard, a_port, begin, details, peering, sell
from tests.portal.scene import Scene, now_is_later, text_of

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
SECOND_PORT = {key.replace("i1-", "i2-"): value for key, value in PORT.items()}
THN = "site|lon1|THN"


def qualifications(scene: Scene) -> list[set[int]]:
    """The items of each qualification that the order keeps."""
    with scene.app.app_context():
        rows = db.session.query(ItemSetup.qualification_id, OrderItem.item_number).join(
            OrderItem, OrderItem.id == ItemSetup.item_id
        )
        found: dict[object, set[int]] = {}
        for key, number in rows:
            found.setdefault(key, set()).add(number)
        return sorted(found.values(), key=min)


def take_ports(scene: Scene, switch: str) -> None:
    with scene.app.app_context():
        service = db.session.query(Service.id).filter_by(number=cast.PORT).scalar()
        db.session.execute(update(Port).where(Port.switch_name == switch).values(service_id=service))
        db.session.commit()


def two_ports(scene: Scene) -> Wizard:
    """One in LD8, one in THN, ready for review."""
    wizard = a_port(scene.browser())
    wizard.go("review", then="add", service="multiservice_port", po_number="PO-9")
    wizard.go("where?item=2", where=THN)
    wizard.go("configure", **SECOND_PORT)
    return wizard


def test_a_port_in_one_building_and_another_in_the_next_each_with_its_own_availability(scene: Scene) -> None:
    wizard = a_port(scene.browser())
    added = wizard.go("review", then="add", service="multiservice_port", po_number="PO-9")
    assert added.headers["Location"] == f"{wizard.address}/where?item=2"
    asked = text_of(wizard.page("where?item=2"))
    assert "Where is “Order item 2 - Port” to be?" in asked and "Free now: 4 × 1" in asked.replace("\xa0", " ")

    there = wizard.go("where?item=2", where=THN)
    assert there.headers["Location"] == f"{wizard.address}/configure#f-i2-item"
    wizard.go("configure", **SECOND_PORT)

    said = text_of(wizard.page("review"))
    assert said.index("Location LD8") < said.index("Order item 2 - Port") < said.index("Location THN")
    assert 'value="PO-9"' in wizard.page("review").get_data(as_text=True)
    assert qualifications(scene) == [{1}, {2}]
    wizard.go("review")
    assert [one["location"] for one in details(scene)] == ["LD8", "THN"]
    program = cast.program(scene.app, cast.MEMBER).get(f"/oms/orders/{wizard.draft_id}")
    order = program.get_json()
    assert [one["items"] for one in order["qualifications"]] == [[1], [2]]
    assert order["qualification_id"] == order["qualifications"][1]["id"]


def test_what_is_sold_out_meanwhile_is_told_of_the_one_it_is_about(scene: Scene) -> None:
    wizard = two_ports(scene)
    take_ports(scene, "edge2-lon1")

    page = wizard.send("review")

    assert page.status_code == 422
    said = text_of(wizard.page("review"))
    assert "Order item 2 - Port: No port of 10 Gbit/s is free on LON1 Lab at THN, and 1 is wanted." in said
    assert f'href="/portal/new/{wizard.draft_id}/where?item=2"' in wizard.page("review").get_data(as_text=True)
    wizard.go("where?item=2", where="site|lon2|LD8")
    wizard.go("configure")
    wizard.go("review")


def test_two_ports_in_one_building_need_two_that_are_free(scene: Scene) -> None:
    wizard = a_port(scene.browser())
    with scene.app.app_context():
        one = db.session.query(Service.id).filter_by(number=cast.PORT).scalar()
        taken = db.session.query(Port).filter_by(switch_name="edge1-lon1", capacity=10_000).limit(3)
        for port in taken:
            port.service_id = one
        db.session.commit()
    wizard.go("review", then="add", service="multiservice_port")
    wizard.go("where?item=2", where="site|lon1|LD8")

    page = wizard.send("configure", **SECOND_PORT)

    assert page.status_code == 422 and "2 ports of 10 Gbit/s are wanted on LON1 Lab at LD8, and 1 is free." in text_of(
        page
    )


def test_an_old_answer_about_one_place_is_asked_again_for_that_one(scene: Scene) -> None:
    wizard = a_port(scene.browser())
    now_is_later(days=10)
    wizard.browser = scene.browser()
    wizard.go("review", then="add", service="multiservice_port")
    wizard.go("where?item=2", where=THN)
    wizard.go("configure", **SECOND_PORT)
    now_is_later(days=5)
    wizard.browser = scene.browser()

    assert wizard.page("configure").headers["Location"].endswith("/where?item=1")
    assert "The availability of the order's item 1 was looked up more than 14 days ago" in text_of(
        wizard.page("review")
    )
    assert "Please check the availability again" not in text_of(wizard.page("where?item=2"))
    wizard.go("where?item=1", where="site|lon1|LD8")
    wizard.go("review")


def test_a_unit_is_put_on_a_port_of_the_same_order_and_follows_it(scene: Scene) -> None:
    wizard = a_port(scene.browser())
    wizard.go("review", then="add", service="peering_unit")
    places = text_of(wizard.page("where?item=2"))
    assert "On a port of this order Order item 1 - Port LON1 Lab – LD8. It starts when that port is there" in places
    wizard.go("where?item=2", where="item|1")
    said = text_of(wizard.page("configure"))
    assert "Starts when Order item 1 - Port is completed." in said
    wizard.go("configure", **{key.replace("i1-", "i2-"): value for key, value in PEERING.items()})
    assert qualifications(scene) == [{1, 2}]

    moving = text_of(wizard.page("where?item=1"))
    assert "Order item 2 - Peering is on the same port What you choose here moves it as well." in moving
    wizard.go("where?item=1", where=THN)

    port, unit = details(scene)
    assert unit["port"] == {"item": 1} and (port["location"], unit["location"]) == ("THN", "THN")
    wizard.go("review")


def test_a_unit_in_a_private_vlan_makes_the_new_port_a_tagged_one(scene: Scene) -> None:
    wizard = begin(scene.browser(), "multiservice-port")
    wizard.go("where", where="site|lon1|LD8")
    wizard.go("configure", **{**PORT, "i1-encapsulation": "none"}, then="add", service="pvlan_unit")
    wizard.go("where?item=2", where="item|1")
    assert details(scene)[0]["encapsulation"] == "dot1q"


def test_items_are_taken_out_in_the_review_with_what_was_only_for_them(scene: Scene) -> None:
    wizard = peering(scene.browser())
    wizard.go("configure", **PEERING)
    wizard.go("review", then="add", service="peering_unit")
    wizard.go("where?item=2", where="site|lon1|LD8")  # with a new port, item 3
    assert len(details(scene)) == 3

    taken = wizard.go("review", then="remove:2", po_number="PO-9")

    assert taken.headers["Location"] == f"{wizard.address}/review"
    assert [one.get("port") for one in details(scene)] == [cast.PORT]
    page = wizard.page("review").get_data(as_text=True)
    assert 'value="PO-9"' in page and "remove:" not in page  # the last one is not taken out
    assert wizard.send("review", then="remove:1").status_code == 409
    assert wizard.send("review", then="remove:7").status_code == 409


def test_a_port_that_carries_something_else_by_now_stays(scene: Scene) -> None:
    wizard = begin(scene.browser(), "peering-unit")
    wizard.go("where", where="site|lon1|LD8")  # with a new port, item 2
    wizard.go("configure", then="add", service="peering_unit", **PEERING)
    wizard.go("where?item=3", where="item|2")

    wizard.go("where?item=1", where=ON_OUR_PORT)

    assert [one.get("port") for one in details(scene)] == [cast.PORT, None, {"item": 2}]
    wizard.go("review", then="remove:3")
    assert len(details(scene)) == 2  # the port is an item of its own now
    assert wizard.page("where?item=2").status_code == 200


def test_a_unit_whose_port_is_taken_out_has_to_be_placed_again(scene: Scene) -> None:
    wizard = begin(scene.browser(), "peering-unit")
    wizard.go("where", where="site|lon1|LD8")
    wizard.go("configure", **PEERING, **{"i2-port_capacity": "10000"})
    wizard.go("review", then="remove:2")

    page = wizard.page("review")

    assert "Say where it is to be." in text_of(page)
    refused = wizard.send("configure")
    assert refused.status_code == 422 and 'href="#f-i1-where"' in refused.get_data(as_text=True)
    assert wizard.browser.get(wizard.address).headers["Location"].endswith("/where")


def test_nothing_chosen_to_add_and_wrong_fields_are_told_and_nothing_is_added(scene: Scene) -> None:
    wizard = a_port(scene.browser())
    for step in ("configure", "review"):
        page = wizard.send(step, then="add", service="")
        assert page.status_code == 422 and 'href="#f-service"' in page.get_data(as_text=True)
        assert 'id="f-service-error"' in page.get_data(as_text=True)
    wrong = wizard.send("review", then="add", service="multiservice_port", additional_cc="nobody")
    assert wrong.status_code == 422 and len(details(scene)) == 1


def test_the_same_addition_sent_twice_is_one(scene: Scene) -> None:
    wizard = a_port(scene.browser())
    form = wizard.filled("review", then="add", service="pvlan")
    for _ in range(2):
        answer = wizard.browser.post(f"{wizard.address}/review", data=form)
        assert answer.status_code == 303 and answer.headers["Location"].endswith("/where?item=2")
    assert len(details(scene)) == 2


def test_a_draft_is_taken_up_where_something_added_has_no_place_yet(scene: Scene) -> None:
    wizard = a_port(scene.browser())
    wizard.go("review", then="add", service="peering_unit")
    assert wizard.browser.get(wizard.address).headers["Location"] == f"{wizard.address}/where?item=2"
    assert "Order item 2 - Peering: say where it is to be." in text_of(wizard.page("review"))


def test_a_package_takes_the_place_of_the_first_item_only(scene: Scene) -> None:
    sell(scene)
    wizard = begin(scene.browser(), "multiservice-port")
    wizard.go("where", where="site|lon1|LD8")
    wizard.go("configure", then="add", service="multiservice_port")
    wizard.go("where?item=2", where=THN)
    wizard.go("what", package="PORT-10G")
    assert sorted(str(one["location"]) for one in details(scene)) == ["LD8", "THN"]
    assert sorted(map(len, qualifications(scene))) == [1, 1]
    assert "Where is “10 Gbit/s port” to be?" in text_of(wizard.page("where"))


def test_a_port_group_and_a_fabric_are_places_too(scene: Scene) -> None:
    wizard = a_port(scene.browser())
    wizard.go("review", then="add", service="connexions")
    wizard.go("where?item=2", where=f"group|{cast.HARBOUR_GROUP}")
    wizard.go("configure", then="add", service="pvlan")
    wizard.go("where?item=3", where="fabric|edi2")
    assert [one.get("fabric") for one in details(scene)] == ["lon1", "jsp1", "edi2"]


@pytest.mark.parametrize("where", ["item|2", "item|7", "item|1x", "port|106552"])
def test_a_place_that_is_none_is_refused(scene: Scene, where: str) -> None:
    wizard = a_port(scene.browser())
    wizard.go("review", then="add", service="peering_unit")
    assert wizard.send("where?item=2", where=where).status_code == 422


def test_an_item_that_was_taken_out_in_another_tab_is_told(scene: Scene) -> None:
    wizard = two_ports(scene)
    form = wizard.filled("where?item=2", where="site|lon2|LD8")
    wizard.go("review", then="remove:2")
    with scene.app.app_context():
        version = str(db.session.query(Order).one().version)
    page = wizard.browser.post(f"{wizard.address}/where", data={**form, "version": version})
    assert page.status_code == 409 and "not in the order any more" in text_of(page)


def test_a_unit_is_put_on_a_port_that_another_order_still_sets_up_and_waits_for_it(scene: Scene) -> None:
    wizard = a_port(scene.browser())
    wizard.go("review", start="2099-05-01T09:00")
    with scene.app.app_context():
        port = db.session.query(Service.number).filter_by(state="pre_active").scalar()
    unit = begin(scene.browser(), "peering-unit")
    places = text_of(unit.page("where"))
    assert f"Port {port}" in places and "It is still being set up: what is put on it starts when it is there" in places
    unit.go("where", where=f"port|{port}")
    unit.go("configure", **PEERING)
    assert f"Starts when Port {port} has been set up." in text_of(unit.page("review"))
    unit.go("review")
    scene.work()
    assert scene.status(unit.draft_id) == "ordered"
    said = text_of(unit.browser.get(f"/portal/orders/{unit.draft_id}"))
    assert "Starts when item 1 of order 100001 is completed" in said


def test_an_untagged_port_that_is_still_being_set_up_takes_no_unit_in_a_private_vlan(scene: Scene) -> None:
    wizard = begin(scene.browser(), "multiservice-port")
    wizard.go("where", where="site|lon1|LD8")
    wizard.go("configure", **{**PORT, "i1-encapsulation": "none"})
    wizard.go("review", start="2099-05-01T09:00")
    with scene.app.app_context():
        port = db.session.query(Service.number).filter_by(state="pre_active").scalar()
    unit = begin(scene.browser(), "pvlan-unit")
    page = unit.send("where", where=f"port|{port}")
    assert page.status_code == 422 and "that can be changed when it has been set up" in text_of(page)
