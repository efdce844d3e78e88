"""The rules of all vendors with captured requests."""

from corpus import rules_grafana, rules_influxdb2, rules_influxdb3, rules_kapacitor, rules_prometheus_alertmanager

VENDORS = [
    rules.RULES
    for rules in (
        rules_grafana,
        rules_influxdb2,
        rules_influxdb3,
        rules_kapacitor,
        rules_prometheus_alertmanager,
    )
]
