"""The fenced blocks of a page, and how each language is checked."""

from __future__ import annotations

import ast
import math
import re
import shlex
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final

import duckdb

import marketlake as ml
from marketlake.engine.sql_text import source

from ..sample import Result, Run
from .not_run import may_be_empty, not_run

ROOT: Final = Path(__file__).parents[2]
BLOCK: Final = re.compile(
    r"^(?P<fence>`{3,})(?P<language>\w*)\n(?P<text>.*?)^(?P=fence)$", re.MULTILINE | re.DOTALL
)
HEADED: Final = re.compile(r"[-#]+ src/marketlake/engine/sql/(\S+)\.sql\n")
SHOWN_ALONE: Final = frozenset({"text", "mermaid"})
GOOD: Final = frozenset({0, 3})


@dataclass(frozen=True)
class Snippet:
    """One block, with the line it begins in."""

    page: str
    line: int
    language: str
    text: str

    @property
    def where(self) -> str:
        return f"{self.page}:{self.line}"


def snippets(page: str) -> Iterator[Snippet]:
    text = (ROOT / page).read_text("utf-8")
    for match in BLOCK.finditer(text):
        yield Snippet(page, text.count("\n", 0, match.start()) + 1, match["language"], match["text"])


@dataclass
class Reader:
    """Runs the snippets of a page in order, in one folder and one Python namespace."""

    page: str
    run: Run
    folder: Path
    lake: Path
    names: dict[str, Any] = field(default_factory=lambda: {"ml": ml, "__name__": "page"})

    def follow(self, snippet: Snippet) -> None:
        if snippet.language in SHOWN_ALONE:
            return
        kinds: dict[str, Callable[[Snippet], None]] = {
            "console": self.console,
            "sh": self.shell,
            "python": self.python,
            "sql": self.sql,
            "toml": self.toml,
            "csv": self.file,
        }
        assert snippet.language in kinds, f"{snippet.where}: a test must know what {snippet.language!r} is"
        kinds[snippet.language](snippet)

    def console(self, snippet: Snippet) -> None:
        """Commands behind `$`, each with what it prints; `...` stands for lines left out."""
        for entry in re.split(r"^\$ ", snippet.text, flags=re.MULTILINE)[1:]:
            command, _, shown = entry.partition("\n")
            result = self.command(command, snippet)
            if result is not None:
                printed, expected = lines(result.out), lines(shown)
                assert agrees(printed, expected), f"{snippet.where}: {command}\n" + "\n".join(printed)

    def shell(self, snippet: Snippet) -> None:
        """Commands without what they print."""
        for line in snippet.text.splitlines():
            self.command(line.partition(" #")[0].strip(), snippet)

    def command(self, line: str, snippet: Snippet) -> Result | None:
        if not line or line.startswith("#") or not_run(self.page, line):
            return None
        words = shlex.split(line)
        assert words[0] == "marketlake", f"{snippet.where}: {line!r} is neither run nor an exception"
        result = self.run(*words[1:])
        assert result.code in GOOD, f"{snippet.where}: {line}\n{result.err}"
        return result

    def python(self, snippet: Snippet) -> None:
        """Statements; an expression with a value behind `#` has that value, to the digits shown."""
        if not_run(self.page, snippet.text):
            return
        code = snippet.text.splitlines()
        for node in ast.parse(snippet.text).body:
            if not isinstance(node, ast.Expr):
                exec(compile(ast.Module([node], []), snippet.where, "exec"), self.names)
                continue
            value = eval(compile(ast.Expression(node.value), snippet.where, "eval"), self.names)
            comment = code[(node.end_lineno or 0) - 1].partition("  # ")[2]
            if comment and (expected := literal(comment)) is not None:
                assert same(value, expected[0]), f"{snippet.where}: {value!r}, not {comment}"

    def sql(self, snippet: Snippet) -> None:
        """An SQL file of the project must be quoted exactly; other statements must return rows.

        They run as written in a plain DuckDB, which opens the database, or attaches it if they do.
        """
        if named := HEADED.match(snippet.text):
            assert snippet.text[named.end() :].strip() == source(named[1]).strip(), snippet.where
            return
        if not_run(self.page, snippet.text):
            return
        statements = [one.query.strip().rstrip(";") for one in duckdb.extract_statements(snippet.text)]
        attached = any(one.startswith("ATTACH") for one in statements)
        with duckdb.connect() if attached else duckdb.connect(self.lake / "market.duckdb", True) as plain:
            for statement in statements:
                answer = plain.execute(statement).fetchall()
                if statement.startswith("ATTACH"):
                    continue
                assert answer or may_be_empty(self.page, statement), f"{snippet.where}: {statement}"
                if not attached:
                    assert len(ml.open(self.lake).query(statement)) == len(answer), snippet.where

    def toml(self, snippet: Snippet) -> None:
        """Added to the file that its first line names; else a complete file of its kind."""
        if not_run(self.page, snippet.text):
            return
        if named := re.match(r"# ([a-z]+\.toml)\n", snippet.text):
            with (self.folder / named[1]).open("a", encoding="utf-8") as file:
                file.write("\n" + snippet.text)
        load(snippet)

    def file(self, snippet: Snippet) -> None:
        """The file that its first line names."""
        name, _, text = snippet.text.partition("\n")
        path = self.folder / name.removeprefix("# ")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")


def load(snippet: Snippet) -> None:
    """Read TOML as the project would; an error says what is wrong."""
    import tomllib
    from tempfile import TemporaryDirectory

    from marketlake.claims.load import load_claims
    from marketlake.model.corrections import load_corrections
    from marketlake.model.instruments import Universe, load_universe
    from marketlake.model.settings import load_settings
    from marketlake.portfolio.plan import TERMS, read_plan
    from marketlake.simulator.sample.build import FOLDER

    # a page's share may have any name
    sample = load_universe(FOLDER / "instruments.toml").instruments
    any_name = Universe((*sample, replace(sample[0], id="SHARE")))
    loaders: dict[str, Callable[[Path], object]] = {
        "instrument": load_universe,
        "claim": load_claims,
        "correction": lambda path: load_corrections(path, any_name),
    }
    with TemporaryDirectory() as folder:
        path = Path(folder) / "page.toml"
        path.write_text(snippet.text, "utf-8")
        keys = set(tomllib.loads(snippet.text))
        for kind in keys & set(loaders):
            loaders[kind](path)
        if keys & set(TERMS):
            read_plan(str(path), None)
        elif not keys & set(loaders):
            load_settings(home=path.rename(path.with_name("marketlake.toml")).parent, environ={})


def lines(text: str) -> list[str]:
    """Without the lines that name a snapshot, which are of one lake alone."""
    return [line.rstrip() for line in text.strip().splitlines() if not line.startswith("snapshot ")]


def agrees(printed: list[str], shown: list[str]) -> bool:
    """Whether all that is shown was printed, in order, and nothing else but where `...` stands."""
    if not shown or printed == shown:
        return True
    pattern = "\n".join(r"(?:.*\n)*?.*" if line == "..." else re.escape(line) for line in shown)
    return re.fullmatch(pattern, "\n".join(printed)) is not None


def literal(text: str) -> tuple[Any] | None:
    """The value in a comment as a one-element tuple; None for prose."""
    try:
        return (ast.literal_eval(text),)
    except (ValueError, SyntaxError):
        return None


def same(value: Any, shown: Any) -> bool:
    """Whether a value is what is shown, floats to the digits shown."""
    if isinstance(shown, float):
        digits = len(repr(shown).partition(".")[2])
        return math.isclose(round(value, digits), shown, abs_tol=1e-12)
    if isinstance(shown, list | tuple):
        return len(value) == len(shown) and all(map(same, value, shown))
    return bool(value == shown)
