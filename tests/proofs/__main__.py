"""Rewrite the golden files: `python -m tests.proofs`. Read the diff before committing it."""

from pathlib import Path

from pipelines.clean.article import clean_text, load_cleaner
from pipelines.clean.explain import parse, render
from pipelines.settings import Settings

FOLDER = Path(__file__).parent


def main() -> None:
    cleaner = load_cleaner(Settings(), owner_file=FOLDER / "none.toml")
    for file in sorted(FOLDER.glob("*.txt")):
        old = file.read_text("utf-8")
        proof = parse(old)
        new = render(clean_text(proof.raw_text, cleaner, **proof.given), proof.given)
        if new != old:
            file.write_text(new, "utf-8")
            print(f"rewritten: {file.name}")


if __name__ == "__main__":
    main()
