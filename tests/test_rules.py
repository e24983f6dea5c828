"""Every rule proves itself: it removes its `removes`, and no rule touches any `keeps`."""

from collections import defaultdict
from pathlib import Path

import pyarrow as pa
import pytest

from pipelines.clean.dates import read_date
from pipelines.clean.explain import parse
from pipelines.clean.fold import fold
from pipelines.clean.match import candidates
from pipelines.clean.rulebook import RULES, Rule, Rulebook, RuleError, load_rules
from pipelines.clean.segment import segment
from pipelines.contract import LANGUAGES

ALL = load_rules()


def carriers(rules: tuple[Rule, ...], lines: list[str]) -> list[set[str]]:
    """For each line the rules that would carry a verdict on it, wherever it stood."""
    batch = segment(pa.array(lines))
    assert batch.document.tolist() == list(range(len(lines))), "one line each"
    found = candidates(fold(batch), Rulebook(rules))
    named = [{rules[code] for code in row if code >= 0} for row in found.tolist()]
    return [
        {rule.id for rule in some if rule.moves != "date" or read_date(line)}
        for some, line in zip(named, lines, strict=True)
    ]


@pytest.mark.parametrize("rule", ALL, ids=lambda rule: rule.id)
def test_a_rule_removes_what_it_says(rule: Rule):
    assert all(carriers((rule,), list(rule.removes)))


def test_no_rule_touches_a_counter_example():
    lines = [keep for rule in ALL for keep in rule.keeps]
    touched = {line: ids for line, ids in zip(lines, carriers(ALL, lines), strict=True) if ids}
    assert touched == {}


def test_no_rule_that_holds_anywhere_touches_a_kept_line_of_a_proof():
    everywhere = tuple(rule for rule in ALL if rule.zone in ("any", "body"))
    lines = [
        line
        for file in (Path(__file__).parent / "proofs").glob("*.txt")
        for line in parse(file.read_text("utf-8")).body.split("\n")
        if line
    ]
    touched = {
        line: ids for line, ids in zip(lines, carriers(everywhere, lines), strict=True) if ids
    }
    assert touched == {}


def test_a_phrase_is_written_once_in_its_file():
    seen = defaultdict(list)
    for rule in ALL:
        for phrase in rule.phrases:
            seen[rule.file, rule.zone, rule.match, phrase].append(rule.id)
    assert {key: ids for key, ids in seen.items() if len(ids) > 1} == {}


def test_every_language_of_the_contract_has_a_file():
    assert {"any", *LANGUAGES} <= {file.stem for file in RULES.glob("*.toml")}


def test_ids_begin_with_the_name_of_their_file():
    assert [rule.id for rule in ALL if not rule.id.startswith(Path(rule.file).stem + ".")] == []


GOOD = {
    "id": "xx.test",
    "kind": "related_links",
    "phrase": "read more",
    "removes": ["Read more"],
    "keeps": ["Read more books, he said."],
}


def write(folder: Path, records: list[dict[str, object]], name: str = "xx.toml") -> Path:
    lines = []
    for record in records:
        lines.append("[[rule]]")
        lines += [f"{key} = {toml(value)}" for key, value in record.items()]
    (folder / name).write_text("\n".join(lines), "utf-8")
    return folder


def toml(value: object) -> str:
    if isinstance(value, list):
        return "[" + ", ".join(toml(item) for item in value) + "]"
    return {True: "true", False: "false"}[value] if isinstance(value, bool) else f"'{value}'"


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"kind": "junk"}, "kind = 'junk' is not one of: comment_prompt"),
        ({"zone": "middle"}, "zone = 'middle' is not one of: head, body, tail"),
        ({"match": "part"}, "match = 'part' is not one of"),
        ({"moves": "mood"}, "moves = 'mood' is not one of: headline"),
        ({"opens": "door"}, "opens = 'door' is not one of: links"),
        ({"keeps": []}, "at least one line it removes and one it keeps"),
        ({"removes": []}, "at least one line it removes and one it keeps"),
        ({"phrase": []}, "needs a phrase or a pattern"),
        ({"pattern": r"(?=look)ahead"}, "RE2 cannot compile '(?=look)ahead'"),
        ({"pattern": r"(a)\1"}, "RE2 cannot compile"),
        ({"colour": "red"}, "unknown key 'colour'; known keys:"),
        ({"phrase": 7}, "phrases must be a text or a list of texts"),
        ({"keeps": [" "]}, "keeps must be texts, none empty"),
    ],
)
def test_a_bad_rule_names_file_rule_and_reason(
    tmp_path: Path, change: dict[str, object], complaint: str
):
    if "phrase" in change and change["phrase"] == 7:
        (tmp_path / "xx.toml").write_text(
            "[[rule]]\nid='xx.test'\nkind='related_links'\nphrase=7\nremoves='a'\nkeeps='b'"
        )
    else:
        write(tmp_path, [GOOD | change])
    with pytest.raises(RuleError) as caught:
        load_rules(tmp_path)
    assert str(caught.value).startswith("xx.toml: rule 'xx.test': ")
    assert complaint in str(caught.value)


def test_an_id_is_taken_once(tmp_path: Path):
    write(tmp_path, [GOOD])
    write(tmp_path, [GOOD], "yy.toml")
    with pytest.raises(RuleError, match=r"yy.toml: rule 'xx.test': this id is already taken"):
        load_rules(tmp_path)


def test_a_file_that_is_not_toml_is_named(tmp_path: Path):
    (tmp_path / "xx.toml").write_text("[[rule]\n")
    with pytest.raises(RuleError, match=r"xx\.toml: not valid TOML"):
        load_rules(tmp_path)


def test_a_file_holds_rules_only(tmp_path: Path):
    (tmp_path / "xx.toml").write_text("threshold = 0.5\n")
    with pytest.raises(RuleError, match=r"xx\.toml: holds"):
        load_rules(tmp_path)


def test_a_hostile_line_costs_no_more_than_its_length():
    book = Rulebook(ALL)
    batch = segment(pa.array(["by " + "a " * 100_000, "(" * 200_000, "photo: " * 50_000]))
    assert candidates(fold(batch), book).shape == (3, 3)
