"""The morning page: the public tables → one offline HTML file.

Every panel is one query of `sql/dashboard/`; the template says how its rows look. The page holds
no library and asks the network for nothing; its Content-Security-Policy names its one style sheet
and its one script by hash, so that nothing a title smuggles in can run.
"""

from pipelines.dashboard.page import html, panels, render

__all__ = ["html", "panels", "render"]
