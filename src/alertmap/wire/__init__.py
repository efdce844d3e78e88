"""The wire: named types for what vendors send, and the one strict converter that checks it.

A wire model is a transcript of a payload: a class with the fields that an adapter uses, spelt as the vendor spells
them. Models and types are pure declarations; what a field's type means stands in its `Encoding`, `structure` reads it.
"""

from alertmap.wire.converter import json_in, kind_of, structure
from alertmap.wire.declare import Encoding, Field, encoding, fields, fits, is_closed, is_model, model
from alertmap.wire.node import Facts, Header, Mismatch, Node, Query, ReceivedAt, mismatch, plain
from alertmap.wire.times import EpochMillis, EpochNanos, EpochSeconds, Nanoseconds, Rfc3339, before, epoch, rfc3339
from alertmap.wire.types import Items, Json, Key, Number, Rest, Text, items, number_in, number_or_text, number_text, regex

__all__ = [
    "Encoding",
    "EpochMillis",
    "EpochNanos",
    "EpochSeconds",
    "Facts",
    "Field",
    "Header",
    "Items",
    "Json",
    "Key",
    "Mismatch",
    "Nanoseconds",
    "Node",
    "Number",
    "Query",
    "ReceivedAt",
    "Rest",
    "Rfc3339",
    "Text",
    "before",
    "encoding",
    "epoch",
    "fields",
    "fits",
    "is_closed",
    "is_model",
    "items",
    "json_in",
    "kind_of",
    "mismatch",
    "model",
    "number_in",
    "number_or_text",
    "number_text",
    "plain",
    "regex",
    "rfc3339",
    "structure",
]
