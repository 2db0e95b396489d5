"""Scores of one person relative to their own past; pure, imported by commands, page and hub.

observations  summaries to readings        day_windows what of a day counts        daily  readings by day, in stretches
level         how far a week lies from the 60 days before, and how sure that is
baseline      what is usual, and whether it may be reported
channels      CHANNELS, the parts of an index        index       0 to 100, with contributions that sum
channel_results  deviations side by side   week_rows   one week, for one person or many
change_detector  the alarm   drift   slow change     weeks       the log: all of these in one
instruments   self-report  arousal   the acute state messages    when and how a change is reported
person_weeks  labelled weeks  answers  from logs and self-reports  completion  what is missing, from what is not
fused         one number of a week  answer_scale  its probability and interval
logistic, conformal, calibration  their parts
fusion        the prediction  cross_fit  the fit, or why there is none  fusion_card  as JSON  labelled  drawn answers
population    drawn people scorers   ours and three biased ones  audit       rates by group, and the gate
student_t     quantiles    data      tables
"""
