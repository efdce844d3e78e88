"""Sphinx configuration: strict, with vendor pages made from the adapters and fixtures."""

import sys
from importlib.metadata import version as installed
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent / "_ext"))

project = "alertmap"
copyright = "2026, the alertmap maintainers"  # noqa: A001 - Sphinx's own name
version = release = installed("alertmap")

extensions = [
    "myst_parser",
    "sphinx.ext.autodoc",
    "sphinx.ext.napoleon",
    "sphinx.ext.intersphinx",
    "sphinx_copybutton",
    "api_members",
    "vendor_pages",
    "reference_pages",
    "incident_diagram",
    "faults_table",
    "target_pages",
]
intersphinx_mapping: dict[str, tuple[str, None]] = {}
source_suffix = {".md": "markdown"}
exclude_patterns = ["_build", "performance"]
html_theme = "furo"
html_title = "alertmap"
html_static_path = ["_static"]
html_css_files = ["tables.css"]
copybutton_prompt_text = "$ "
copybutton_only_copy_prompt_lines = True

autodoc_member_order = "bysource"
autodoc_typehints = "description"
autodoc_typehints_description_target = "documented_params"
autodoc_class_signature = "mixed"
napoleon_google_docstring = True
napoleon_numpy_docstring = False
myst_enable_extensions = ["colon_fence", "attrs_inline"]
myst_heading_anchors = 3
nitpicky = True


# The types of attributes are annotated. Napoleon would take the words before the first colon of their docs for a type.
_docs_of_attributes: dict[str, list[str]] = {}


def _hide(_app: Any, what: str, name: str, _obj: Any, _options: Any, lines: list[str]) -> None:
    if what in ("attribute", "property"):
        _docs_of_attributes[name] = list(lines)
        lines.clear()


def _show(_app: Any, what: str, name: str, _obj: Any, _options: Any, lines: list[str]) -> None:
    if what in ("attribute", "property"):
        lines[:] = _docs_of_attributes.pop(name, lines)


def setup(app: Any) -> None:
    """Sphinx calls this."""
    app.connect("autodoc-process-docstring", _hide, priority=400)
    app.connect("autodoc-process-docstring", _show, priority=600)


# What the standard library and attrs are made of is documented there, not here.
nitpick_ignore_regex = [
    (r"py:.*", r"(datetime|hypothesis|collections\.abc|typing|types|enum|pathlib|attrs?|re|cattrs)(\..*)?"),
    (r"py:.*", r"(Any|Path|optional|T|Recognise|JsonPath|TypeAlias|Iterator|Mapping|Callable)"),
    (r"py:.*", r"alertmap\.(testing\.stream_fixtures\.Delivery|codec\.AnyAlert)"),
    (r"py:.*", r"(str|int|float|bool|bytes|dict|list|tuple|type|frozenset|object|None|Exception)"),
]
