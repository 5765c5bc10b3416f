"""A notebook with its stored outputs as a page of the site."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any


def to_markdown(notebook: Path) -> tuple[str, dict[str, str]]:
    """The page, and the pictures next to it by their file names."""
    pictures: dict[str, str] = {}
    parts = []
    for cell in json.loads(notebook.read_text("utf-8"))["cells"]:
        source = "".join(cell["source"])
        if cell["cell_type"] == "markdown":
            parts.append(source)
            continue
        parts.append(f"```python\n{source}\n```")
        parts.extend(shown(cell["outputs"], source, notebook.stem, pictures))
    closing = (
        f"[Download this notebook]({notebook.name}){{ download }}: it runs as it stands on the sample market."
    )
    return "\n\n".join([*parts, closing, ""]), pictures


def shown(outputs: list[dict[str, Any]], code: str, name: str, pictures: dict[str, str]) -> Iterator[str]:
    """Pictures as files under the title that the code gives them, tables as they are, text as text."""
    for output in outputs:
        data = output.get("data", {"text/plain": output.get("text", "")})
        if "image/svg+xml" in data:
            file = f"{name}-{len(pictures) + 1}.svg"
            pictures[file] = "".join(data["image/svg+xml"])
            title = re.search(r'set_title\("([^"]*)"', code)
            yield f"![{title[1] if title else ''}]({file}){{ .figure }}"
        elif "text/html" in data:
            yield f'<div class="frame" markdown="0">{"".join(data["text/html"])}</div>'
        else:
            text = html.escape("".join(data["text/plain"]).rstrip(), quote=False)
            yield f'<pre class="output" markdown="0">{text}</pre>'
