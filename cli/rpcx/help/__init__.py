"""The manual: a page of Markdown for each topic."""
