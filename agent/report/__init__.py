"""What every HTML report is made of: markup that escapes, a page, axes, a style sheet, files that are written whole."""
