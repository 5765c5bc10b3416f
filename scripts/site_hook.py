"""What the site has beyond docs/: the pages of the root, the notebooks, and the files that pages point to.

Pages are written for readers of the repository, so links lead out of docs/; here they lead to the site.
"""

from __future__ import annotations

import posixpath
import re
import runpy
from pathlib import Path
from typing import Final

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page

ROOT: Final = Path(__file__).parents[1]
OUTSIDE: Final = {
    "ARCHITECTURE.md": "architecture.md",
    "CHANGELOG.md": "changelog.md",
    "CONTRIBUTING.md": "contributing.md",
    "README.md": "index.md",
}
"""Pages of the root by their place in the site; a link to the README leads to the site's own first page."""
LINK: Final = re.compile(r"(!?)\[([^\]]*)\]\(([^)\s#:]+)(#[^)]*)?\)")
CODE: Final = re.compile(r"(^```.*?^```)", re.MULTILINE | re.DOTALL)
MERMAID: Final = re.compile(r"^```mermaid\n.*?^```", re.MULTILINE | re.DOTALL)
LANGUAGES: Final = {".py": "python", ".sql": "sql", ".toml": "toml", ".md": "markdown"}


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add what is not in docs/."""
    for name, place in OUTSIDE.items():
        if name != "README.md":
            files.append(File.generated(config, place, content=(ROOT / name).read_text("utf-8")))
    to_markdown = runpy.run_path(str(ROOT / "scripts" / "notebook_page.py"))["to_markdown"]
    for notebook in sorted((ROOT / "docs" / "notebooks").glob("*.ipynb")):
        text, pictures = to_markdown(notebook)
        files.append(File.generated(config, f"notebooks/{notebook.stem}.md", content=text))
        for name, picture in pictures.items():
            files.append(File.generated(config, f"notebooks/{name}", content=picture))
    for path in pointed_to(files):
        language = LANGUAGES.get(Path(path).suffix, "text")
        text = f"# {path}\n\n````{language}\n{(ROOT / path).read_text('utf-8')}\n````\n"
        files.append(File.generated(config, f"source/{path}.md", content=text))
    return files


def pointed_to(files: Files) -> list[str]:
    """The files of the repository, no pages, that pages point to."""
    paths = set()
    for file in files.documentation_pages():
        for match in LINK.finditer(file.content_string):
            path = in_repository(file.src_uri, match[3])
            if (ROOT / path).is_file() and not path.startswith("docs/") and path not in OUTSIDE:
                paths.add(path)
    return sorted(paths)


def in_repository(page: str, link: str) -> str:
    """Where a link of a page leads, from the root of the repository."""
    roots = {place: name for name, place in OUTSIDE.items() if name != "README.md"}
    origin = roots.get(page, f"docs/{page}")
    return posixpath.normpath(posixpath.join(posixpath.dirname(origin), link))


def on_page_markdown(markdown: str, *, page: Page, config: MkDocsConfig, files: Files) -> str:
    """The page with links that lead somewhere in the site; code stays as it is."""
    # drawn once, since a library that draws it would have to be fetched
    drawn = MERMAID.sub("![How data flows](flow.svg){ .figure }", markdown)
    parts = CODE.split(drawn)
    return "".join(part if part.startswith("```") else relinked(part, page.file.src_uri) for part in parts)


def relinked(text: str, page: str) -> str:
    def link(match: re.Match[str]) -> str:
        path = in_repository(page, match[3])
        if (ROOT / path).is_dir():
            return match[2]
        place = placed(path)
        if place is None:
            return match[0]
        to = posixpath.relpath(place, posixpath.dirname(page) or ".")
        return f"{match[1]}[{match[2]}]({to}{match[4] or ''})"

    return LINK.sub(link, text)


def placed(path: str) -> str | None:
    """A file of the repository in the site; None where mkdocs is to say that there is none."""
    if path in OUTSIDE:
        return OUTSIDE[path]
    if path.startswith("docs/"):
        return re.sub(r"\.ipynb$", ".md", path.removeprefix("docs/"))
    return f"source/{path}.md" if (ROOT / path).is_file() else None
