"""The dictionary: written once, the same everywhere, and right about where columns come from."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import duckdb
import pyarrow.parquet as pq
import pytest
from published_fixture import Plan, publish_plan

from pipelines import dictionary, warehouse
from pipelines.dictionary.lineage import tables
from pipelines.settings import SettingsError

ROOT = Path(__file__).resolve().parent.parent
DOCS = ROOT / "docs"
MODELS = {model.name: model for model in warehouse.load_models("marts")}


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("dictionary")
    publish_plan(Plan(nights=2, sites=3), home)
    dictionary.write_datapackage(MODELS.values(), home / "published" / "parquet")
    return home / "published"


def files(table: Path) -> list[Path]:
    """The files of a published table: the one, or its parts."""
    return sorted(table.iterdir()) if table.is_dir() else [table]


def test_the_document_is_fresh() -> None:
    """After a change of front matter: `dictionary.write_documents(Path("docs"))`."""
    assert (DOCS / "data-dictionary.md").read_text("utf-8") == dictionary.document("tables")


def test_the_picture_is_fresh() -> None:
    assert (DOCS / "lineage.svg").read_text("utf-8") == dictionary.lineage_svg()


def test_the_picture_is_a_picture_that_asks_for_nothing() -> None:
    root = ElementTree.fromstring(dictionary.lineage_svg())
    assert root.tag == "{http://www.w3.org/2000/svg}svg" and root.get("aria-label")
    named = {it.text for it in root.iter("{http://www.w3.org/2000/svg}text")}
    assert {f"marts.{name}" for name in MODELS} <= named
    assert not [it for it in root.iter() if it.get("href") or it.get("src")]


@pytest.mark.parametrize(
    ("column", "source"),
    [
        ("articles.headline", ("marts.documents", "headline")),
        ("documents.raw_chars", ("staging.articles", "raw_chars")),
        ("documents.site", ("staging.documents", "site")),
        ("sites.removed_share", ("marts.documents", "removed_chars")),
        ("site_drift.value", ("marts.site_nights", "removed_share")),
        ("stories.headline", ("marts.articles", "copy_count")),
    ],
)
def test_a_column_names_its_source(column: str, source: tuple[str, str]) -> None:
    table, _, name = column.partition(".")
    assert source in tables()[f"marts.{table}"].sources[name]


def test_every_public_column_is_described_and_typed() -> None:
    for name, model in MODELS.items():
        known = tables()[f"marts.{name}"]
        assert list(known.columns) == list(model.columns), name
        assert all(text.strip() for text in model.columns.values()), name


def test_the_catalog_the_files_and_the_front_matter_agree(published: Path) -> None:
    with duckdb.connect(str(published / "copydesk.duckdb"), read_only=True) as con:
        rows = con.sql(
            "select table_name, column_name, comment from duckdb_columns() where not internal"
        ).fetchall()
    catalog = {(table, column): comment for table, column, comment in rows}
    front = {
        (name, column): text for name, it in MODELS.items() for column, text in it.columns.items()
    }
    assert catalog == front
    for name, model in MODELS.items():
        schema = pq.read_schema(files(published / "parquet" / f"{name}.parquet")[0])
        said = {it.name: it.metadata[b"description"].decode() for it in schema}
        assert said == dict(model.columns)


def test_frictionless_accepts_the_data_package(published: Path) -> None:
    code = (
        "import sys; from frictionless import Package\n"
        "package = Package(sys.argv[1])\n"
        "print(len(package.resources))\n"
        "assert all(resource.schema.fields for resource in package.resources)\n"
        "report = package.metadata_validate(package.to_descriptor())\n"
        "assert not list(report), list(report)"
    )
    path = published / "parquet" / "datapackage.json"
    done = subprocess.run(
        [sys.executable, "-c", code, str(path)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) == len(MODELS)


def test_the_data_package_says_what_lies_there(published: Path) -> None:
    content = json.loads((published / "parquet" / "datapackage.json").read_text("utf-8"))
    for resource in content["resources"]:
        names = [resource["path"]] if isinstance(resource["path"], str) else resource["path"]
        paths = [published / "parquet" / name for name in names]
        assert sum(path.stat().st_size for path in paths) == resource["bytes"]
        fields = [it["name"] for it in resource["schema"]["fields"]]
        assert all(pq.read_schema(path).names == fields for path in paths)
        assert not any(Path(name).is_absolute() for name in names)


def test_croissant_is_accepted_and_reads_the_rows(published: Path) -> None:
    croissant = pytest.importorskip("mlcroissant", reason="install the dev dependencies")
    path = published / "parquet" / "croissant.json"
    dataset = croissant.Dataset(jsonld=str(path))
    issues = dataset.metadata.ctx.issues
    assert list(issues.errors) == []
    for name in ("stories", "articles"):
        first = next(iter(dataset.records(name)))
        assert set(first) == {f"{name}/{column}" for column in MODELS[name].columns}


def test_an_export_is_a_dataset_with_a_card(published: Path, tmp_path: Path) -> None:
    card = dictionary.export_dataset(published, tmp_path / "dataset")
    text = card.read_text("utf-8")
    assert text.startswith("---\n") and "- config_name: articles\n" in text
    for name in MODELS:
        path = tmp_path / "dataset" / "data" / name / "train-00000-of-00001.parquet"
        rows = pq.read_metadata(path).num_rows
        assert f"| `{name}` | {rows:,} |" in text


def test_an_export_never_overwrites(published: Path, tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("keep")
    with pytest.raises(SettingsError, match="not empty"):
        dictionary.export_dataset(published, tmp_path)
    with pytest.raises(FileNotFoundError, match="copydesk run"):
        dictionary.export_dataset(tmp_path / "nowhere", tmp_path / "new")


@pytest.mark.parametrize("topic", ["tables", "models", "rules"])
def test_each_topic_is_a_markdown_document(topic: dictionary.documents.Topic) -> None:
    text = dictionary.document(topic)
    assert text.startswith("# ") and text.endswith("\n")
    rows = [line for line in text.splitlines() if line.startswith("|")]
    assert len(rows) > 20


def test_writing_beside_the_files_loads_no_parser() -> None:
    """`publish` writes the data package each night; lineage's parser is for documents only."""
    code = (
        "import sys; from pipelines import dictionary\n"
        "print({'sqlglot', 'great_expectations', 'prefect', 'numba'} & set(sys.modules))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT
    )
    assert done.stdout.strip() == "set()"
