"""The published Parquet files described for machines, and the export as a dataset.

`datapackage.json` follows Data Package 2 (https://datapackage.org), `croissant.json` follows
Croissant 1.1 (https://docs.mlcommons.org/croissant); both are written from the front matter and the
schema of each file, so that they cannot disagree with what lies beside them.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterable, Mapping
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, Final

import pyarrow as pa
import pyarrow.parquet as pq

from pipelines import warehouse
from pipelines.durable import file_sha256, write_atomically
from pipelines.settings import SettingsError
from pipelines.warehouse import Model

_DESCRIPTION: Final = "News articles, cleaned and deduplicated, with every removed line and why."
_FIELD_TYPES: Final = (
    (pa.types.is_boolean, "boolean", "sc:Boolean"),
    (pa.types.is_integer, "integer", "sc:Integer"),
    (pa.types.is_floating, "number", "sc:Float"),
    (pa.types.is_decimal, "number", "sc:Float"),
    (pa.types.is_timestamp, "datetime", "sc:Date"),
    (pa.types.is_date, "date", "sc:Date"),
    (pa.types.is_list, "array", "sc:Text"),
)


def write_datapackage(models: Iterable[Model], folder: Path) -> list[Path]:
    """Write `datapackage.json` and `croissant.json` beside `<table>.parquet` of each model.

    That is a file, or a folder of parts.

    Returns the two paths. Raises FileNotFoundError if a model's file is not there.
    """
    tables = [(model, folder / f"{model.name}.parquet") for model in models]
    paths = [folder / "datapackage.json", folder / "croissant.json"]
    for path, content in zip(paths, (_datapackage(tables), _croissant(tables)), strict=True):
        write_atomically(path, json.dumps(content, indent=1, ensure_ascii=False).encode())
    return paths


def _files(table: Path) -> list[Path]:
    """The files of a table: the one, or the parts in its folder."""
    return sorted(table.iterdir()) if table.is_dir() else [table]


def _schema(table: Path) -> pa.Schema:
    return pq.read_schema(_files(table)[0])


def _types_of(kind: pa.DataType) -> tuple[str, str]:
    found = (names for is_kind, *names in _FIELD_TYPES if is_kind(kind))
    generic, schema_org = next(found, ("string", "sc:Text"))
    return generic, schema_org


def _datapackage(tables: Iterable[tuple[Model, Path]]) -> dict[str, Any]:
    return {
        "$schema": "https://datapackage.org/profiles/2.0/datapackage.json",
        "name": "copydesk",
        "title": "copydesk",
        "description": _DESCRIPTION,
        "version": _version(),
        "resources": [_resource(model, path) for model, path in tables],
    }


def _version() -> str:
    try:
        return version("copydesk")
    except PackageNotFoundError:  # run from the source tree
        return "0"


def _resource(model: Model, path: Path) -> dict[str, Any]:
    schema: dict[str, Any] = {"fields": _fields(model, _schema(path))}
    if model.grain:
        schema["primaryKey"] = list(model.grain)
    files = _files(path)
    names = [file.relative_to(path.parent).as_posix() for file in files]
    return {
        "name": model.name.replace("_", "-"),
        "title": model.name,
        "description": model.description,
        "path": names if len(names) > 1 else names[0],
        "scheme": "file",
        "format": "parquet",
        "mediatype": "application/vnd.apache.parquet",
        "bytes": sum(file.stat().st_size for file in files),
        **({"hash": f"sha256:{file_sha256(path)}"} if path.is_file() else {}),
        "schema": schema,
    }


def _fields(model: Model, schema: pa.Schema) -> list[dict[str, str]]:
    return [
        {
            "name": field.name,
            "type": _types_of(field.type)[0],
            "description": model.columns[field.name],
        }
        for field in schema
    ]


_CONTEXT: Final[Mapping[str, Any]] = {
    "@language": "en",
    "@vocab": "https://schema.org/",
    "citeAs": "cr:citeAs",
    "column": "cr:column",
    "conformsTo": "dct:conformsTo",
    "cr": "http://mlcommons.org/croissant/",
    "data": {"@id": "cr:data", "@type": "@json"},
    "dataType": {"@id": "cr:dataType", "@type": "@vocab"},
    "dct": "http://purl.org/dc/terms/",
    "examples": {"@id": "cr:examples", "@type": "@json"},
    "extract": "cr:extract",
    "field": "cr:field",
    "fileObject": "cr:fileObject",
    "fileProperty": "cr:fileProperty",
    "fileSet": "cr:fileSet",
    "format": "cr:format",
    "includes": "cr:includes",
    "isLiveDataset": "cr:isLiveDataset",
    "jsonPath": "cr:jsonPath",
    "key": "cr:key",
    "md5": "cr:md5",
    "parentField": "cr:parentField",
    "path": "cr:path",
    "rai": "http://mlcommons.org/croissant/RAI/",
    "recordSet": "cr:recordSet",
    "references": "cr:references",
    "regex": "cr:regex",
    "repeated": "cr:repeated",
    "replace": "cr:replace",
    "sc": "https://schema.org/",
    "separator": "cr:separator",
    "source": "cr:source",
    "subField": "cr:subField",
    "transform": "cr:transform",
}
"""The JSON-LD context that the Croissant 1.0 specification prescribes (appendix 1)."""


def _croissant(tables: Iterable[tuple[Model, Path]]) -> dict[str, Any]:
    tables = list(tables)
    return {
        "@context": _CONTEXT,
        "@type": "sc:Dataset",
        "conformsTo": "http://mlcommons.org/croissant/1.0",
        "name": "copydesk",
        "description": _DESCRIPTION,
        "version": f"{_version()}.0.0"[:5],
        "distribution": [_distribution(model, path) for model, path in tables],
        "recordSet": [_record_set(model, path) for model, path in tables],
    }


def _distribution(model: Model, path: Path) -> dict[str, Any]:
    named = {"@id": path.name, "name": path.name, "description": model.description}
    named["encodingFormat"] = "application/x-parquet"
    if path.is_dir():
        return {"@type": "cr:FileSet", **named, "includes": f"{path.name}/*.parquet"}
    return {
        "@type": "cr:FileObject",
        **named,
        "contentUrl": path.name,
        "contentSize": f"{path.stat().st_size} B",
        "sha256": file_sha256(path),
    }


def _record_set(model: Model, path: Path) -> dict[str, Any]:
    return {
        "@type": "cr:RecordSet",
        "@id": model.name,
        "name": model.name,
        "description": model.description,
        "field": [_croissant_field(model, path, field) for field in _schema(path)],
    }


def _croissant_field(model: Model, path: Path, field: pa.Field) -> dict[str, Any]:
    return {
        "@type": "cr:Field",
        "@id": f"{model.name}/{field.name}",
        "name": field.name,
        "description": model.columns[field.name],
        "dataType": _types_of(field.type)[1],
        **({"repeated": True} if pa.types.is_list(field.type) else {}),
        "source": {
            "fileSet" if path.is_dir() else "fileObject": {"@id": path.name},
            "extract": {"column": field.name},
        },
    }


def export_dataset(published: Path, folder: Path) -> Path:
    """Copy the published Parquet files as a Hugging Face-style dataset with a card.

    `published` is the folder with `parquet/`. Layout: `data/<table>/train-00000-of-00001.parquet`,
    one for each part of the table, and `README.md`, whose YAML head names one configuration per
    table. Returns the card. Raises FileNotFoundError if nothing is published, SettingsError if
    the folder holds anything.
    """
    source = published / "parquet"
    if not source.is_dir():
        raise FileNotFoundError(f"{source}: nothing is published yet; run `copydesk run` first")
    if folder.exists() and any(folder.iterdir()):
        raise SettingsError(f"{folder}: not empty; name a new folder")
    models = warehouse.load_models("marts")
    for model in models:
        target = folder / "data" / model.name
        target.mkdir(parents=True)
        files = _files(source / f"{model.name}.parquet")
        for number, file in enumerate(files):
            shutil.copyfile(file, target / f"train-{number:05d}-of-{len(files):05d}.parquet")
    card = folder / "README.md"
    write_atomically(card, _card(models, source).encode())
    return card


def _card(models: Iterable[Model], source: Path) -> str:
    head, rows = ["---", "pretty_name: copydesk", "configs:"], []
    for model in models:
        head += [f"- config_name: {model.name}", f"  data_files: data/{model.name}/*.parquet"]
        head += ["  default: true"] if model.name == "articles" else []
        files = _files(source / f"{model.name}.parquet")
        count = sum(pq.read_metadata(file).num_rows for file in files)
        rows.append(f"| `{model.name}` | {count:,} | {model.description} |")
    table = ["| configuration | rows | one row is |", "|---|---|---|", *rows]
    text = [*head, "---", "", "# copydesk", "", _DESCRIPTION, "", *table, ""]
    return "\n".join(text)
