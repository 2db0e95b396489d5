"""Central scoring: `hub score` folds what arrived into digests, scores people side by side, and leaves signed scores.

noted   what people noted          day_row  windows of one day as bytes      digest  what is kept of a person
fold    new rows into a digest     weeks    digests to scores                person  one person, from what is kept
scorer  the process                fusing   digests of many people to a fusion, or to the reason why there is none
"""
