"""Answers that are quotations: what open-access papers say, word for word, or a refusal.

    question ─ scope ─▶ index, nearness ─▶ ranking ─ confidence ─▶ choosing ─▶ answer, checked ─▶ command, page
                          ▲
    corpus/papers.jsonl ──┴── own papers (pdf)

The package holds no data of a worker or a patient, and shows no finding in other words than the paper's. Its one
connection is to a model on this machine, if the person names one.
"""
