"""Labels, values and links with the names of credentials are left out, and a problem says so."""

from alertmap import ProblemCode, parse_document

EVENT = {"title": "t", "id": "1", "status": "firing"}


def codes(labels: dict[str, str]) -> list[tuple[str, str]]:
    """Return code and path of the problems about credentials of an alert with these labels."""
    [alert] = parse_document("generic", {**EVENT, "labels": labels})
    return [(it.code, it.path) for it in alert.problems if it.code is ProblemCode.CREDENTIAL]


def test_what_is_left_out_is_a_problem() -> None:
    """A label that is left out for its name is one problem; a blank one is none."""
    assert codes({"password": "hunter2", "api_key": "x", "team": "db"}) == [("credential", "$")]
    assert codes({"password": "", "team": "db"}) == []
