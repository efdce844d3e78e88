"""Conditions of alert rules, and their results, which both schemas hold."""

from collections.abc import Iterable
from typing import Annotated

from attrs import Factory

from alertmap import wire


@wire.model
class Dimension:
    name: wire.AnyText = ""
    value: wire.AnyText = ""


@wire.model
class Criterion:
    metricName: wire.Text = ""
    threshold: wire.Text = ""
    metricValue: wire.Text = ""
    dimensions: list[Dimension] = Factory(list)
    linkToFilteredSearchResultsUI: wire.Text = ""
    linkToSearchResultsUI: wire.Text = ""


@wire.model
class Condition:
    allOf: list[Criterion] = Factory(list)


@wire.model
class LogResult:
    """Result of a log search rule of before API version 2020-05-01."""

    ResultCount: wire.Text = ""
    Threshold: Annotated[wire.Text, wire.also("AlertThresholdValue")] = ""
    Severity: Annotated[wire.Text, wire.also("SeverityDescription")] = ""
    Dimensions: list[Dimension] = Factory(list)
    LinkToFilteredSearchResultsUI: wire.Text = ""
    LinkToSearchResults: wire.Text = ""


def dimensions_of(criteria: Iterable[Criterion]) -> list[Dimension]:
    return [one for criterion in criteria for one in criterion.dimensions]


def identity_of(dimensions: Iterable[Dimension]) -> dict[str, str]:
    """Return parts of a key: each series of a rule that is split by dimensions is an alert of its own."""
    return {f"dimension.{one.name}": one.value for one in dimensions if one.name}


def labels_of(dimensions: Iterable[Dimension]) -> dict[str, str]:
    return {one.name: one.value for one in dimensions if one.name}


def results_of(result: LogResult) -> str:
    return result.LinkToFilteredSearchResultsUI or result.LinkToSearchResults


def level(severity: str) -> str:
    """Return the level of a number, `3`, which the common schema writes as `Sev3`; words as they stand."""
    text = severity.strip()
    return f"Sev{text}" if text in ("0", "1", "2", "3", "4") else severity
