"""Keys in several spellings: which one counts, and where the others go; names of nested keys."""

from typing import Annotated, Any

import pytest

from alertmap import Request, wire
from alertmap.model import ProblemCode


@wire.model(loose_keys=True)
class Loose:
    """A model with loose keys and synonyms."""

    id: Annotated[wire.Text, wire.synonyms("alert_id", "key")] = ""
    rest: wire.Rest


@wire.model
class Exact:
    """A model with exact keys."""

    id: Annotated[wire.Text, wire.synonyms("alert_id")] = ""
    name: Annotated[wire.Text, wire.also("title")] = ""
    rest: wire.Rest


def read(value: dict[str, Any], model: Any) -> tuple[Any, list[str]]:
    """Structure an object; return the event and the keys that were read as synonyms."""
    context = wire.ParseContext(Request(), None)
    event = wire.structure(wire.Node(value, (), context), model)
    assert {code for _, code, _ in context.warnings} <= {ProblemCode.SYNONYM}
    return event, [str(where[0]) for where, _, _ in context.warnings]


@pytest.mark.parametrize(
    ("value", "id_", "synonyms", "rest"),
    [
        ({"id": "a"}, "a", [], {}),
        ({"ID": "a"}, "a", ["ID"], {}),
        ({"Alert-Id": "a"}, "a", ["Alert-Id"], {}),
        ({"key": "b", "alert_id": "a"}, "a", ["alert_id"], {"key": "b"}),
        ({"key": "b", "id": "a"}, "a", [], {"key": "b"}),
        ({"Id": "b", "id": "a"}, "a", [], {"Id": "b"}),
        ({"Id": "a", "ID": "b"}, "a", ["Id"], {"ID": "b"}),
        ({"id": None, "ID": "a"}, "a", ["ID"], {"id": None}),
        ({"x": 1}, "", [], {"x": 1}),
    ],
)
def test_loose_keys(value: dict[str, Any], id_: str, synonyms: list[str], rest: dict[str, Any]) -> None:
    """The exact key comes first, then its other forms, then synonyms in order; the rest holds all others."""
    event, found = read(value, Loose)
    assert (event.id, found, event.rest) == (id_, synonyms, rest)


@pytest.mark.parametrize(
    ("value", "id_", "synonyms", "rest"),
    [
        ({"alert_id": "a", "title": "t"}, "a", ["alert_id"], {}),
        ({"alert_id": "b", "id": "a"}, "a", [], {"alert_id": "b"}),
        ({"ID": "a"}, "", [], {"ID": "a"}),
        ({"name": "n", "title": "t"}, "", [], {"title": "t"}),
    ],
)
def test_exact_keys(value: dict[str, Any], id_: str, synonyms: list[str], rest: dict[str, Any]) -> None:
    """A spelling that no field takes goes to the rest; only a synonym is a problem."""
    event, found = read(value, Exact)
    assert (event.id, found, event.rest) == (id_, synonyms, rest)


@pytest.mark.parametrize(
    "key", ["alert_id", "Alert-Id", "ALERT ID", "alert\u2003id", "_alert_id_", "alertID", " alert\tid\n"]
)
def test_loose_form(key: str) -> None:
    """Case, `_`, `-` and blanks of any kind do not count, whether or not the key is an identifier."""
    assert wire.loosen(key) == "alertid"


@pytest.mark.parametrize("key", ["alert.id", "alert/id", "alerts_id", "1_alert:id"])
def test_other_characters_count(key: str) -> None:
    """Any other character makes another key."""
    assert wire.loosen(key) != "alertid"


def test_names_are_not_multiplied() -> None:
    """`flatten` does not descend below names of over 512 characters, whose copies would take too much memory."""
    long = "K" * 513
    flat = wire.flatten({long: {"a": 1}, "b": {"c": 2}, long + "d": 3})
    assert list(flat) == [(("b", "c"), "2"), ((long + "d",), "3")]
    assert flat.is_cut


@pytest.mark.parametrize(("word", "loose"), [("-1", "-1"), (" -1 ", "-1"), ("sev-1", "sev1"), ("-a", "a"), ("-", "")])
def test_the_sign_of_a_number_counts(word: str, loose: str) -> None:
    """Level -1 is another one than level 1; a hyphen between letters, or before one, is spelling."""
    assert wire.loosen(word) == loose


@pytest.mark.parametrize("more", [0, 100], ids=["few", "many"])
def test_the_loose_form_of_each_key(more: int) -> None:
    """Of several keys with one loose form the first that is not null counts, in small objects and in large ones."""
    others = {f"k{number}": number for number in range(more)}
    value = {"Alert_ID": None, "name": "n", "alertId": "1", "alert id": "2", "Host": None, **others}
    loose = {"alertid": "alertId", "name": "name", "host": "Host", **{name: name for name in others}}
    assert wire.loose_keys(value) == loose
    assert wire.loose_keys({**value, "Alert_ID": "0"}) == {**loose, "alertid": "Alert_ID"}


def test_loose_keys_are_not_shared() -> None:
    """The result cannot be changed, so each caller has the same."""
    value = {f"K{number}": number for number in range(100)}
    with pytest.raises(TypeError):
        wire.loose_keys(value)["k1"] = "x"  # type: ignore[index]
    assert wire.loose_keys(value)["k1"] == "K1"


def test_a_key_of_any_length() -> None:
    """A key of more than 128 characters is no spelling of another one."""
    assert wire.loosen("A_" * 64) == "a" * 64
    assert wire.loosen("A_" * 65) == "A_" * 65
