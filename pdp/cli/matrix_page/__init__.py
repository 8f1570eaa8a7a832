"""A matrix as one self-contained HTML page in both languages that can be read aloud and printed. It holds no script."""

from pdp.cli.matrix_page.page import page

__all__ = ["page"]
