"""STATISTICS: what each number is called, what it says, its source. Output and report are made from these rows."""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Statistic:
    """One row.

    Attributes:
        name: In JSON.
        title: For people.
        meaning: One sentence, without judging.
        source: DOI.
    """

    name: str
    title: str
    meaning: str
    source: str


STATISTICS: Final[dict[str, Statistic]] = {
    row.name: row
    for row in (
        Statistic(
            "agreement_01", "Agreement", "Share of units that both raters put into one category.",
            "10.1177/001316446002000104",
        ),
        Statistic(
            "kappa", "Cohen's kappa",
            "Agreement beyond chance, as a share of what chance leaves; each disagreement counts the same.",
            "10.1177/001316446002000104",
        ),
        Statistic(
            "kappa_linear", "Cohen's kappa, linear weights",
            "A disagreement counts by the steps between the categories.",
            "10.1037/h0026256",
        ),
        Statistic(
            "kappa_quadratic", "Cohen's kappa, quadratic weights",
            "A disagreement counts by the square of these steps.",
            "10.1177/001316447303300309",
        ),
        Statistic(
            "pabak", "PABAK", "Kappa as it would be if both raters used every category equally often; for information.",
            "10.1016/0895-4356(93)90018-V",
        ),
        Statistic(
            "prevalence_index", "Prevalence index",
            "Share of units that both put into the first category, minus that of the second; for information.",
            "10.1016/0895-4356(93)90018-V",
        ),
        Statistic(
            "bias_index", "Bias index", "The first rater's share of the first category, minus the second rater's.",
            "10.1016/0895-4356(93)90018-V",
        ),
        Statistic(
            "fleiss_kappa", "Fleiss' kappa", "Agreement beyond chance of all raters; who rated a unit does not matter.",
            "10.1037/h0031619",
        ),
        Statistic(
            "icc_1_1", "ICC(1,1)", "One rating, each unit rated by different raters.", "10.1037/0033-2909.86.2.420"
        ),
        Statistic(
            "icc_2_1", "ICC(2,1)", "One rating by a rater drawn from many; constant differences between raters count.",
            "10.1037/0033-2909.86.2.420",
        ),
        Statistic(
            "icc_3_1", "ICC(3,1)", "One rating by one of these raters; constant differences between them do not count.",
            "10.1037/0033-2909.86.2.420",
        ),
        Statistic(
            "icc_2_k", "ICC(2,k)", "The mean of all raters, drawn from many; constant differences count.",
            "10.1037/0033-2909.86.2.420",
        ),
        Statistic("bias", "Bias", "Mean of first minus second, unit by unit.", "10.1016/S0140-6736(86)90837-8"),
        Statistic(
            "lower_limit", "Lower limit of agreement", "Bias minus 1.96 standard deviations of the differences.",
            "10.1016/S0140-6736(86)90837-8",
        ),
        Statistic(
            "upper_limit", "Upper limit of agreement", "Bias plus 1.96 standard deviations of the differences.",
            "10.1016/S0140-6736(86)90837-8",
        ),
        Statistic(
            "slope", "Difference by mean", "Change of the difference with the mean of both.",
            "10.1177/096228029900800204",
        ),
        Statistic(
            "spread_slope", "Spread by mean", "Change of the distance from that line with the mean of both.",
            "10.1177/096228029900800204",
        ),
    )
}  # fmt: skip
"""In the order of the output."""
