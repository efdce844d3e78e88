"""Conventions that many vendors share: common words, names of labels and fields, Alertmanager's alert."""

from alertmap.conventions.groups import group
from alertmap.conventions.markup import plain_text
from alertmap.conventions.words import (
    HOSTS,
    LEVELS,
    LEVELS_IN,
    SPELLINGS,
    STATES,
    TARGETS,
    address,
    filled,
    first,
    host,
    join,
    level,
    levels,
    link,
    states,
)

__all__ = [
    "HOSTS",
    "LEVELS",
    "LEVELS_IN",
    "SPELLINGS",
    "STATES",
    "TARGETS",
    "address",
    "filled",
    "first",
    "group",
    "host",
    "join",
    "level",
    "levels",
    "link",
    "plain_text",
    "states",
]
