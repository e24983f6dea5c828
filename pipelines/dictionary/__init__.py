"""What every public table and column means and where it comes from: written once, shown anywhere.

Front matter and `contract.py` are the only source. From them: the Markdown dictionary, the
descriptions beside the published Parquet files (Data Package, Croissant), and the lineage picture.
"""

from pipelines.dictionary.documents import document, lineage_svg, markdown, write_documents
from pipelines.dictionary.packages import export_dataset, write_datapackage

__all__ = [
    "document",
    "export_dataset",
    "lineage_svg",
    "markdown",
    "write_datapackage",
    "write_documents",
]
