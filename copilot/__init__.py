"""Answers that are quotations: what open-access papers say, word for word, or a refusal.

    question ─ scope ─▶ index ─▶ ranking ─ confidence ─▶ answer ─ each sentence checked ─▶ command, page
                          ▲
    corpus/papers.jsonl ──┴── own papers (pdf)

Nothing here knows a worker or a patient, writes a sentence of its own about a finding, or opens a connection.
"""
