"""The modules of the page as one script to inline: each in a scope of its own, after those it
imports.

They keep to one form of import and export (`import { a, b } from "./name.js";`, `export function`
or `const`), so that they also run as plain modules; a bundler would bring an engine along for these
few lines.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from importlib.resources import files
from typing import Final

_IMPORT: Final = re.compile(r'^import \{([^}]*)\} from "\./(\w+)\.js";\n', re.MULTILINE)
_EXPORT: Final = re.compile(r"^export ((?:async )?function\*?|const) (\w+)", re.MULTILINE)
_COLOUR: Final = re.compile(r"--([\w-]+): (#[0-9a-f]{6})\b")
_COMMENT: Final = re.compile(r"^\s*//.*\n", re.MULTILINE)


def page_file(name: str) -> str:
    """The text of a file of `page/`."""
    return (files("marketlake") / "report" / "page" / name).read_text(encoding="utf-8")


def colours() -> dict[str, str]:
    """The page's light colours by name: those of every chart, also in the documentation."""
    light = page_file("style.css").split("}", 1)[0]
    return dict(_COLOUR.findall(light))


def script(start: str = "main") -> str:
    """One script that does what the module `start` does."""
    return '"use strict";\n' + "".join(_bundled(start, set()))


def _bundled(name: str, seen: set[str]) -> Iterator[str]:
    seen.add(name)
    text = page_file(f"{name}.js")
    for _, other in _IMPORT.findall(text):
        if other not in seen:
            yield from _bundled(other, seen)
    exported = ", ".join(found[1] for found in _EXPORT.findall(text))
    body = _COMMENT.sub("", _IMPORT.sub(r"const {\1} = m_\2;\n", _EXPORT.sub(r"\1 \2", text)))
    yield f"const m_{name} = (() => {{\n{body}return {{ {exported} }};\n}})();\n"
