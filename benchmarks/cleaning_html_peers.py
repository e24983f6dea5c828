"""One extractor over pages from standard input (JSON lines); run by `cleaning_html.py`."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable


def resiliparse() -> Callable[[str], str]:
    from resiliparse.extract.html2text import extract_plain_text

    return lambda page: extract_plain_text(page, main_content=True)


def readability() -> Callable[[str], str]:
    import lxml.html
    from readability import Document

    return lambda page: lxml.html.fromstring(Document(page).summary()).text_content()


def newspaper() -> Callable[[str], str]:
    from newspaper import Article

    def text(page: str) -> str:
        article = Article("http://localhost/")
        article.download(input_html=page)
        article.parse()
        return article.text

    return text


PEERS = {"resiliparse": resiliparse, "readability-lxml": readability, "newspaper4k": newspaper}


def main() -> None:
    extract = PEERS[sys.argv[1]]()
    for line in sys.stdin:
        try:
            found = extract(json.loads(line)["html"])
        except Exception:
            found = ""
        print(json.dumps(found or ""))


if __name__ == "__main__":
    main()
