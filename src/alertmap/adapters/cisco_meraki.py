"""Cisco Meraki: the webhooks of the dashboard, with the payload template "Meraki (included)".

Set up:

1. Network-wide, Alerts, Webhooks, Add an HTTPS receiver: a name, the URL

   ```text
   https://receiver.example/cisco_meraki
   ```

   a shared secret of your own, and the payload template "Meraki (included)". The URL must have a certificate of a
   public authority.
2. Enter the shared secret as a token of the source: each request has it in its body, as `sharedSecret`. A token of your
   own in the URL, `?token=…`, will do as well, and can be changed by itself.
3. Add the receiver to the alerts that should page somebody. "Configuration settings are changed" and alerts about
   clients are notes that nothing ends.

Answer 200 to 299. A test webhook is recognised by its alert id, which is all zeros.

An alert is a device, or a network, and what it is about: gateways and access points that stop and start reporting,
ports, power supplies, cellular uplinks, cables and batteries of sensors, each with its end; a VPN peer, by its
connectivity; the conditions of a sensor, by `startedAlerting`. All other alerts fire once and have no end, so let
incidents of this source expire. The levels critical, warning and informational are critical, medium and info; a
recovery has a level of its own, which is not used. In bodies of old dashboards, without `alertTypeId`, a text that ends
in "went down" or "came up" is the state.

Limits: the id of an alert is another one in each request, so it is no key. Alerts about bluetooth clients do not name
the client in a way that is documented: those of one device are one alert. "Uplink status changed" does not name the
uplink that is down, so nothing ends it. Other payload templates are not read.
"""

import re
from typing import Annotated

from attrs import Factory

from alertmap import conventions, wire
from alertmap.adapter import Adapter, InBody, Notice, Problem, ProblemCode, Reading, Reason, Shape, State, Times

# Of `alertTypeId`: the subject of an alert, with the words for its begin and its end.
PAIRS = {
    "cellular": ("cellular_down", "cellular_up"),
    "port": ("port_disconnected", "port_connected"),
    "power_supply": ("power_supply_down", "power_supply_up"),
    "reporting": ("stopped_reporting", "started_reporting"),
    "connection": ("disconnected", "reconnected"),
    "pcc_outage": ("pcc_outage_begin", "pcc_outage_end"),
    "bluetooth": ("bluetooth_out", "bluetooth_in"),
    "sensor_water_cable": ("sensor_water_cable_disconnected", "sensor_water_cable_reconnected"),
    "sensor_probe_cable": ("sensor_probe_cable_disconnected", "sensor_probe_cable_reconnected"),
    "sensor_battery": ("sensor_battery_low", "sensor_battery_improved"),
}
ABOUT = {wire.state_word(word): name for name, words in PAIRS.items() for word in words}

VPN, SENSOR = "vpn_connectivity_change", "sensor_alert"  # their state is in `alertData`

# Alerts that nothing ends.
EVENTS = (
    "amp_malware_blocked, amp_malware_detected, analyzed_app_network_insight_performance_alert, client_connectivity, "
    "cloud_archive_alert, critical_temperature, dhcp6na_renumber, dhcp6pd_renumber, dhcp_alerts, dhcp_no_leases, "
    "failover_event, firewall_test_failed, foreign_ap, gateway_to_repeater, geofencing_in, geofencing_out, "
    "ip6_conflict, ip_conflict, mi_alert, motion_alert, new_dhcp_server, new_splash_signup, node_hardware_failure, "
    "pcc_enrollment, pcc_expired_apns_cert, pcc_security_compliance, pcc_security_violation, pcc_sw_found, "
    "pcc_unmanaged, port_cable_error, prefix_starvation, rogue_ap, rogue_dhcp, rps_backup, sensor_automation, "
    "sensor_battery_cover_removed, sensor_battery_cover_replaced, sensor_magnetic_tampering_detected, "
    "sensor_usb_power_cable_disconnected, settings_changed, udld_error, umbrella_expiring, unreachable_radius_server, "
    "uplink_ip6_conflict, usage_alert, vrrp"
)

STATES = conventions.states(
    firing=", ".join((EVENTS, VPN, SENSOR, *(begin for begin, _ in PAIRS.values()))),
    resolved=", ".join(end for _, end in PAIRS.values()),
)
IS_CONNECTED = {"false": State.FIRING, "true": State.RESOLVED}
HAS_STARTED = {"true": State.FIRING, "false": State.RESOLVED}

LEVELS = conventions.levels(critical="critical", medium="warning", info="informational")

IN_TEXT = re.compile(r"(.*\S)\s+(?:went down|(came up))", re.IGNORECASE | re.DOTALL)
TEST_ID = re.compile(r"0{16}")

NO_TYPE = Problem(ProblemCode.KEY_FALLBACK, "$.alertTypeId", "the alert has no type id; its text stands for it")


@wire.model
class Details:
    portNum: wire.AnyText = ""
    num: wire.AnyText = ""
    peerNetworkId: wire.AnyText = ""
    alertConfigId: wire.AnyText = ""
    connectivity: Annotated[State | None, wire.state(IS_CONNECTED)] = None
    startedAlerting: Annotated[State | None, wire.state(HAS_STARTED)] = None


@wire.model
class Alert:
    """Alert of the dashboard. The `sharedSecret` beside it is no field, so that it goes nowhere."""

    alertType: Annotated[wire.AnyText, wire.named("alertType", "alertTypeId")]  # text for people
    state: Annotated[State | None, wire.state(STATES), wire.named("alertTypeId")] = None
    alertTypeId: wire.AnyText = ""
    alertId: wire.Text = ""
    alertLevel: wire.Text = ""
    organizationId: wire.AnyText = ""
    organizationName: wire.Text = ""
    networkId: wire.AnyText = ""
    networkName: wire.Text = ""
    networkUrl: wire.Text = ""
    networkTags: wire.ScalarText = ""
    deviceSerial: wire.AnyText = ""
    deviceMac: wire.AnyText = ""
    deviceName: wire.Text = ""
    deviceUrl: wire.Text = ""
    deviceTags: wire.ScalarText = ""
    deviceModel: wire.Text = ""
    occurredAt: wire.Rfc3339 = None
    alertData: Details = Details()
    details: Annotated[wire.Texts, wire.named("alertData")] = Factory(dict)


def read(alert: Alert) -> Reading | Notice:
    if TEST_ID.fullmatch(alert.alertId.strip()):
        return Notice(reason=Reason.TEST)
    state, about, can_end = verdict(alert)
    data = alert.alertData
    parts = {"port": data.portNum, "power_supply": data.num, VPN: data.peerNetworkId, SENSOR: data.alertConfigId}
    part = parts[about].strip() if about in parts else None
    mac = alert.deviceMac.strip()
    device = {"device": alert.deviceSerial.strip() or ("" if mac else None)}  # some alerts are about the network
    whose = {"organization": alert.organizationId.strip(), "network": alert.networkId.strip(), "alert": about}
    return Reading(
        state=state,
        level=None if state is State.RESOLVED else alert.alertLevel,
        identity=[whose | device | {"part": part}, whose | device, whose | {"mac": mac or None, "part": part}],
        title=conventions.join(alert.alertType.strip() or alert.alertTypeId, alert.deviceName or alert.networkName),
        message=conventions.join(*(f"{name}: {text}" for name, text in alert.details.items()), by="\n"),
        resource=alert.deviceName or alert.deviceSerial or alert.networkName,
        labels=wire.pick(alert, "alertTypeId", "organizationName", "networkName", "networkTags")
        | wire.pick(alert, "deviceSerial", "deviceTags", "deviceModel"),
        links={"device": alert.deviceUrl, "network": alert.networkUrl},
        occurred_at=alert.occurredAt,
        resolvable=can_end,
        problems=() if alert.alertTypeId.strip() else (NO_TYPE,),
    )


def verdict(alert: Alert) -> tuple[State | None, str, bool]:
    """Return the state, what the alert is about, and whether an end will come."""
    name = wire.state_word(alert.alertTypeId)
    if name == wire.state_word(VPN):
        return alert.alertData.connectivity, VPN, True
    if name == wire.state_word(SENSOR):
        return alert.alertData.startedAlerting, SENSOR, True
    if name:
        return alert.state, ABOUT.get(name, alert.alertTypeId.strip()), name in ABOUT
    old = IN_TEXT.fullmatch(alert.alertType.strip())
    if old:
        return State.RESOLVED if old[2] else State.FIRING, old[1].lower(), True
    return None, alert.alertType.strip(), False


adapter = Adapter(
    name="cisco_meraki",
    title="Cisco Meraki",
    shapes=[Shape(Alert, read, marks={"organizationId", "networkId", "sharedSecret"})],
    levels=LEVELS,
    times=Times.STATED,
    token_in=(InBody("sharedSecret"),),
    identity_parts={"organization", "network", "device", "mac", "alert", "part"},
)
