"""The synonyms of the field, reviewed by hand. One row adds one."""

from typing import Final, NamedTuple


class Synonyms(NamedTuple):
    """Phrases of one meaning.

    Attributes:
        same: Each is found where another one is asked for.
        narrower: Found where one of ``same`` is asked for, and not the other way round.
    """

    same: tuple[str, ...]
    narrower: tuple[str, ...] = ()


def _row(same: str, narrower: str = "") -> Synonyms:
    split = (tuple(part.strip() for part in side.split(",") if part.strip()) for side in (same, narrower))
    return Synonyms(*split)


SYNONYMS: Final = (
    # people
    _row("nurse, nursing, nurses, rn", "midwife"),
    _row("doctor, physician, medic, medical doctor, medical staff", "resident, trainee, junior doctor, surgeon, "
         "intern, "
         "general practitioner, gp, anaesthetist, anesthesiologist"),
    _row("resident, resident physician, junior doctor, trainee doctor, trainee physician, house officer, intern, "
         "doctor in training, physician in training"),
    _row("general practitioner, gp, family physician, family doctor, primary care physician"),
    _row("anaesthetist, anesthesiologist, anaesthesiologist"),
    _row("healthcare worker, health care worker, healthcare professional, health professional, "
         "health care professional, "
         "healthcare staff, health worker, healthcare personnel, healthcare provider, hospital staff, hospital worker, "
         "hospital employee, medical worker, caregiver, clinician, health care provider, healthcare employee, "
         "medical personnel",
         "nurse, physician, doctor, resident"),
    _row("staff, personnel, employee, workforce", "healthcare worker, health care worker, nurse, physician, caregiver, "
         "clinician, health professional, healthcare professional"),
    _row("caregiver, carer, care worker, care staff, support worker"),
    _row("dentist, dental, oral health, dental worker, dental professional, dental staff"),
    _row("disability, disabled, disabilities, intellectual disability"),
    _row("care home, nursing home, long term care, aged care, residential care, elderly care"),
    _row("emergency department, emergency room, ed staff, accident and emergency, emergency medicine, emergency nurse"),
    _row("intensive care, icu, critical care"),
    _row("paramedic, ambulance, emergency medical services, ems, prehospital"),
    _row("manager, leader, supervisor, head nurse, nurse manager, leadership, charge nurse"),
    _row("colleague, coworker, co worker, peer"),
    # short forms
    _row("doc, doctor, physician"),
    _row("grp, group"),
    _row("hr, hour"),
    _row("jr doctor, junior doctor, resident"),
    _row("hc, healthcare"),
    _row("hcw, hcp, healthcare worker"),
    _row("ppl, people"),
    # work
    _row("night, night shift, night work, nights, night duty, nocturnal, overnight"),
    _row("shift work, shiftwork, shift worker, shift working, rotating shift, rotating shifts, irregular hours"),
    _row("quick return, short rest, backward rotation, short turnaround, less than 11 hours, insufficient rest between "
         "shifts, rest between shifts, hours between shifts, late early"),
    _row("long shift, 12 hour shift, 12 h shift, twelve hour shift, extended shift, 12 hour, 24 hour shift, "
         "shift length, "
         "extended duration, long working hours"),
    _row("overtime, long working hours, extra hours, long hours, extended hours"),
    _row("roster, rota, schedule, scheduling, rostering, shift pattern, shift system, work schedule, shift schedule"),
    _row("workload, work load, job demand, work demand, work pressure, time pressure, overload"),
    _row("staffing, nurse to patient ratio, staffing level, patient to nurse ratio, understaffing, short staffed, "
         "staff shortage"),
    _row("break, rest break, work break, meal break, microbreak, pause, rest period"),
    _row("electronic health record, electronic medical record, ehr, emr, electronic record, computerised record, "
         "documentation burden, computer order entry, clerical burden"),
    _row("violence, aggression, assault, workplace violence, physical abuse, violent"),
    _row("bullying, harassment, mobbing, incivility, mistreatment"),
    _row("autonomy, job control, decision latitude, control over work"),
    _row("pandemic, covid 19, covid, coronavirus, sars cov 2"),
    _row("remuneration, salary, wage, income, pay, payment"),
    # states
    _row("burnout, burn out, burned out, burnt out, emotional exhaustion, depersonalisation, depersonalization, mbi, "
         "maslach burnout inventory, maslach"),
    _row("exhaustion, exhausted, emotional exhaustion"),
    _row("stress, strain, stressed, stressful, occupational stress, job stress, work stress", "stressor, distress"),
    _row("distress, distressed, psychological distress, mental distress, psychologically distressed"),
    _row("mentally unwell, mentally ill, poor mental health, poor state of mental health"),
    _row("crisis, crises"),
    _row("pandemic, epidemic, outbreak"),
    _row("anxiety, anxious, anxiety symptom"),
    _row("depression, depressive, depressive symptom, depressed"),
    _row("post traumatic stress, ptsd, posttraumatic stress, post traumatic stress disorder"),
    _row("fatigue, tiredness, tired, sleepiness, sleepy, drowsiness, drowsy, fatigued"),
    _row("alertness, vigilance, sleepiness, alert, reaction time, psychomotor vigilance"),
    _row("sleep, sleeping, slept, asleep", "insomnia"),
    _row("insomnia, sleeplessness, sleep problem, poor sleep, sleep disturbance, sleep disorder, sleep difficulty"),
    _row("sleep quality, quality of sleep, psqi, pittsburgh sleep quality index"),
    _row("compassion fatigue, secondary traumatic stress, vicarious trauma"),
    _row("moral injury, moral distress"),
    _row("well being, wellbeing, wellness, mental health"),
    _row("job satisfaction, work satisfaction, satisfied with their job, happy at work, happier at work, satisfaction, "
         "satisfied"),
    _row("engagement, work engagement, engaged"),
    _row("resilience, resilient"),
    _row("suicide, suicidal, suicidality"),
    _row("blood pressure, hypertension, hypertensive, bp, systolic"),
    _row("cardiovascular, heart disease, cardiac, cardiology"),
    _row("heart attack, myocardial infarction, coronary"),
    _row("cancer, breast cancer, tumour, tumor"),
    _row("obesity, overweight, body mass index, bmi, weight gain"),
    _row("back pain, musculoskeletal, low back pain, musculoskeletal pain"),
    _row("accident, injury, injured, occupational injury", "needlestick"),
    _row("crash, car accident, motor vehicle crash, road accident"),
    _row("driving, drowsy driving, commute, driving home"),
    # outcomes
    _row("error, medical error, mistake, medication error, adverse event, near miss"),
    _row("patient safety, safety of patients, quality of care, adverse event, safety of care"),
    _row("turnover, intention to leave, leave the profession, leaving the profession, quit, intent to leave, turnover "
         "intention, leave nursing, retention, attrition, leave their job, leaving their job, leave the job, resign"),
    _row("sick leave, sickness absence, sick day, absenteeism, absence from work, sick absence, days off sick"),
    # interventions
    _row("nap, napping, power nap, short sleep during the night shift, naps"),
    _row("mindfulness, meditation, mbsr, mindfulness based stress reduction, mindful"),
    _row("cbt i, cognitive behavioural therapy for insomnia, cognitive behavioral therapy for insomnia, cbti"),
    _row("cognitive behavioural, cognitive behavioral, cbt"),
    _row("coaching, coach, professional coaching"),
    _row("peer support, buddy, peer group, support group", "balint, schwartz round"),
    _row("social support, support from colleagues, coworker support, supervisor support"),
    _row("debriefing, debrief"),
    _row("schwartz round, schwartz rounds, schwartz center rounds"),
    _row("light, bright light, light therapy, light exposure, light treatment"),
    _row("caffeine, coffee, caffeinated"),
    _row("exercise, physical activity, physical training, fitness, sport, yoga"),
    _row("app, smartphone, mobile, digital, web based, online, internet based"),
    _row("training, course, workshop, education, programme, program"),
    _row("programme, program, intervention"),
    _row("tailored, tailoring, personalised, personalized, individualised, individualized, customised, customized"),
    _row("prompt, reminder, nudge, notification"),
    _row("challenge, competition, compete, competing, contest, gamification"),
    _row("internet, online, internet delivered, web, web based, digital, app"),
    _row("moderate, buffer, attenuate, soften, weaken, cushion, moderator"),
    _row("mediate, mediator, mediation, mediating"),
    _row("obligation, obliged, duty, commitment, committed"),
    _row("ethic, ethical, moral, morally"),
    _row("symptom, sign"),
    _row("experienced, expert, senior, seniority"),
    _row("frontline, front line"),
    _row("organisation, organization, organizational, organisational"),
    _row("resignation, resign, turnover, quit"),
    _row("restraint, physical restraint, restrain"),
    _row("friend, peer, colleague"),
    _row("organisational, organizational, organisation directed, organization directed, work directed"),
    _row("teamwork, team climate, team work, team, teamworking"),
    # measures
    _row("mbi, maslach burnout inventory, maslach"),
    _row("cbi, copenhagen burnout inventory"),
    _row("olbi, oldenburg burnout inventory"),
    _row("heart rate variability, hrv, rmssd, sdnn"),
    _row("wearable, wristband, smartwatch, activity tracker, fitbit, wearables, wearable device, activity monitor, "
         "tracker, step counter, pedometer"),
    _row("actigraphy, actigraph, actiwatch"),
    _row("cortisol, salivary cortisol, hair cortisol"),
    _row("questionnaire, self report, survey, instrument, scale"),
    _row("worry, worried, concern, concerned"),
    _row("contradict, disagree, inconsistent, conflicting"),
)  # fmt: skip

COUNTRIES: Final = (
    _row("china, chinese"),
    _row("germany, german"),
    _row("greece, greek"),
    _row("jordan, jordanian"),
    _row("egypt, egyptian"),
    _row("lithuania, lithuanian"),
    _row("canada, canadian"),
    _row("saudi arabia, saudi"),
    _row("italy, italian"),
    _row("spain, spanish"),
    _row("france, french"),
    _row("england, british, united kingdom, britain"),
    _row("united states, american, usa"),
    _row("norway, norwegian"),
    _row("sweden, swedish"),
    _row("denmark, danish"),
    _row("finland, finnish"),
    _row("netherlands, dutch"),
    _row("japan, japanese"),
    _row("korea, korean"),
    _row("iran, iranian"),
    _row("turkey, turkish"),
    _row("india, indian"),
    _row("australia, australian"),
    _row("brazil, brazilian"),
    _row("switzerland, swiss"),
    _row("austria, austrian"),
    _row("poland, polish"),
    _row("ireland, irish"),
    _row("belgium, belgian"),
)  # fmt: skip
