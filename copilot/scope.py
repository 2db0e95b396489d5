"""What is refused by rule, before anything is searched. One row is one reason: what it matches, and the words said.

Patterns run over the question's tokens, joined by blanks; they bear on who and what is asked for, not on examples.
"""

import re
from dataclasses import dataclass
from typing import Final

from copilot.language import is_english
from copilot.words import tokens, units

LONGEST: Final = 300


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why there is no answer.

    Attributes:
        reason: A short name.
        words: One or two sentences for the person.
        remedy: What the person can do.
    """

    reason: str
    words: str
    remedy: str


@dataclass(frozen=True, slots=True)
class Rule:
    """One row.

    Attributes:
        refusal: What is said.
        pattern: What of a question's tokens it matches.
        unless: Where this matches, too, the rule does not hold.
    """

    refusal: Refusal
    pattern: re.Pattern[str]
    unless: re.Pattern[str] | None = None

    def fits(self, words: str) -> bool:
        """Whether a question, given as tokens joined by blanks, is refused."""
        return bool(self.pattern.search(words)) and not (self.unless and self.unless.search(words))


def _any(*parts: str) -> re.Pattern[str]:
    return re.compile("|".join(rf"\b(?:{part})\b" for part in parts))


_ONE = (  # one person: the one who asks, or somebody named by their place
    r"i|me|myself|mine|he|she|him|her|his|"
    r"my(?! (?:\w+ )?(?:nurses|doctors|staff|team|colleagues|employees|residents|people|workers|ward|unit)\b)|"
    r"(?:my|our|the|this) (?:\w+ )?(?:nurse|doctor|boss|manager|employee|worker|resident|supervisor|"
    r"patient(?! (?:to|per|nurse|ratio|safety|care|outcomes?|harm|load|numbers?)\b))|"
    r"(?:my|our|the|this|that|a) (?:\w+ )?(?:colleague|coworker|friend|husband|wife|partner|daughter|son|mother|"
    r"father|sister|brother|woman|man|person)"
)
_STATE = (
    r"burn\w* ?out|burnt|depress\w*|anxi\w*|bipolar|adhd|ptsd|insomni\w*|autis\w*|mental\w* ill\w*|ill|sick|unfit|"
    r"addict\w*|"
    r"alcoholic|exhausted|stressed|unwell|disorder|apno?ea|traumati[sz]ed|fit (?:for|to) (?:work|duty)|at risk"
)
_DRUG = (
    r"\w+(?:azepam|azolam|oxetine|ipramine|triptyline|prazole|sartan|statin|cillin|mycin|floxacin|codone|barbital|"
    r"afinil|piclone|pidem|setron|lukast|gliptin|parin|triptan|rexant|olol|caine|talopram|traline|faxine|azodone|"
    r"azapine|tiapine|idone|epam|zolam|trexate|metacin|profen|nicline|tropin|renaline|oxin|thyroxine)|"
    r"melatonin|modafinil|ketamine|fentanyl|morphine|tramadol|cannabis|cannabidiol|cbd|thc|marijuana|psilocybin|"
    r"lsd|mdma|cocaine|heroin|lithium|ritalin|methylphenidate|amphetamines?|adderall|valerian|prozac|xanax|valium|"
    r"aspirin|paracetamol|acetaminophen|warfarin|insulin|metformin|steroids?|opioids?|opiates?|ssris?|snris?|"
    r"antidepressants?|antipsychotics?|benzodiazepines?|sedatives?|hypnotics?|stimulants?|barbiturates?|antihistamines?|"
    r"antibiotics?|vaccines?|nicotine|sleeping (?:pills?|tablets?|aids?)|sleep medications?|pills?|tablets?|"
    r"capsules?|drugs?|medicines|medications?|supplements?|vitamins?|herbal|ashwagandha|magnesium|placebo pill"
)
_DISEASE = (
    r"sepsis|septic\w*|diabet\w*|strokes?|pneumonia|asthma|copd|fractures?|infections?|wounds?|ulcers?|tumou?rs?|"
    r"leuk\w+|epileps\w+|migraines?|dementia|alzheimer\w*|parkinson\w*|schizophreni\w*|hiv|hepatitis|tuberculosis|"
    r"arthritis|kidney|renal|liver|delirium|cardiac arrest|heart failure|appendicitis|pancreatitis|anaemia|anemia|"
    r"hypoglyc\w+|meningitis"
)
_GROUP = r"(?:nurses|doctors|physicians|residents|healthcare workers|health professionals|midwives|surgeons)"
_HARM = r"(?:kill|hurt|harm|cut|hang|shoot|drown|poison)"
_EMERGENCY: Final = Refusal(
    "emergency",
    "This is no help line, and nothing was searched. If you or somebody else may be in danger, speak to a person now.",
    "Call your local emergency number (112 in the European Union), or a contact on the page Help of 'wardbeat open'.",
)
_ORDER: Final = Refusal(
    "order",
    "This reads as an order to a program. Here, a question is answered with sentences of papers, "
    "and nothing else is done.",
    "Ask about healthcare workers: burnout, stress, sleep, shifts, or what helps.",
)
_PERSON: Final = Refusal(
    "person",
    "This asks about one person. Papers speak of groups; no paper and no program can say what one person has.",
    "Speak to a doctor or to occupational health. Here, ask what studies found in a group.",
)
_DRUGS: Final = Refusal(
    "drugs",
    "Medicines, doses and other substances are not answered here.",
    "Ask a doctor or a pharmacist, or read the product information.",
)
_PATIENTS: Final = Refusal(
    "patients",
    "The treatment of patients is not answered here: these papers are about the people who work in healthcare.",
    "Use a clinical guideline.",
)
_OTHER: Final = Refusal(
    "other",
    "This asks for a fact about a place, a person or a number that studies of healthcare workers do not hold.",
    "Ask what studies found in a group: how common something is, what harms, what helps.",
)
_EMPTY: Final = Refusal("empty", "There is no word in this question.", "Ask in a whole sentence, in English.")
_LONG: Final = Refusal(
    "too_long", f"This question is longer than {LONGEST} characters.", "Ask one thing at a time, in one sentence."
)
_LANGUAGE: Final = Refusal(
    "language", "These papers are in English, and this question does not seem to be.", "Ask in English."
)

RULES: Final = (
    Rule(
        _EMERGENCY,
        _any(
            rf"{_HARM}(?:t?ing|ed)? (?:\w+ )?(?:my|him|her|your|our|them)sel(?:f|ves)",
            rf"{_HARM} (?:\w+ )?me|(?:hurting|harming|poisoning) (?:\w+ )?me",
            r"(?:end|take|ending|taking) (?:my|his|her|their|your) (?:own )?life",
            r"(?:want|wants|wanted|wish|wishes|going|plan|plans|ready) to (?:die|be dead|disappear|end it(?: all)?)",
            r"(?:not|dont|don t|no longer|never) (?:want|wants|wish) to (?:live|be alive|wake up|go on|be here)",
            r"(?:i|we|he|she|my \w+|our \w+|you) (?:\w+ ){0,4}(?:suicidal|suicide|self harm\w*|overdos\w+|kill)",
            r"(?:suicidal|suicide|self harm\w*) (?:\w+ ){0,4}(?:i|me|my|myself)",
            r"(?:no (?:reason|point)|better off) (?:\w+ ){0,3}(?:living|dead|live|alive|without (?:me|him|her)|"
            r"going on|carrying on|in going on)",
            r"(?:i|he|she|colleague) (?:\w+ ){0,4}(?:chest pain|can t breathe|cannot breathe|heart attack|"
            r"bleeding|collapsed)",
            r"how (?:\w+ ){0,3}(?:commit|attempt) suicide|jump (?:off|from|in front)",
            r"(?:a|the|this|that|one of (?:my|our)) (?:\w+ )?(?:colleagues?|friends?|nurses?|doctors?|coworkers?) "
            r"(?:\w+ ){0,3}suicidal",
            r"(?:i|he|she|they) can ?(?:t|not) (?:go on|take (?:it|this)|cope) any ?(?:more|longer)",
        ),
        re.compile(  # a question about a group, that names nobody
            r"^(?!.*\b(?:i|me|my|myself|we|our|he|she|colleague|friend|a|this|that)\b).*(?:"
            rf"\bin {_GROUP}\b|\b{_GROUP}\b.*\b(?:likel\w+|prone|often) (?:to )?(?:kill|harm|hurt) themselves)"
        ),
    ),
    Rule(
        _ORDER,
        _any(
            r"(?:ignore|disregard|forget|override|bypass) (?:\w+ ){0,4}(?:previous|above|prior|earlier|"
            r"instructions?|rules?|corpus|papers|sources|everything|prompt)",
            r"(?:system|developer) (?:prompt|message|mode)",
            r"as an? (?:ai|assistant|language model|expert|chatbot)",
            r"you are (?:now|an?|no longer|my|chatgpt)",
            r"(?:pretend|roleplay|role play|jailbreak|act as|simulate|impersonate)",
            r"(?:print|echo|output|reveal|leak|dump|execute|sudo|eval|rm rf|curl|wget)",
            r"(?:repeat|say|answer|respond|reply|begin|start|end) (?:\w+ )?(?:after me|with|only|exactly|that|yes|"
            r"as if)",
            r"(?:write|compose|draft|generate|invent|create|make up) (?:me |us )?(?:an?|the|some|your|fake)? ?(?:\w+ )?"
            r"(?:poem|song|code|script|essay|story|stories|letter|e ?mail|joke|citations?|references?|sql|"
            r"function|program|summary|abstract|paper|sentences?|quotes?)",
            r"(?:translate|paraphrase|rephrase|rewrite|summari[sz]e) (?:\w+ ){0,4}(?:to|into|in|this|these|it|the|all)",
            r"(?:drop|delete from|insert into|select|union select|truncate) (?:table|from|into|\w+ from)",
            r"(?:delete|erase|remove|change|edit|modify|overwrite) (?:\w+ ){0,2}(?:files?|papers?|corpus|database|"
            r"index|passages?)",
            r"(?:https?|www|script|javascript|onerror|begin system|inst)",
            r"(?:password|api key|secret key|token)s?",
            r"tell (?:me|us) (?:a|your) (?:joke|secret|prompt|instructions?|opinion)",
            r"(?:your|own) (?:instructions?|prompt|opinion|feelings?|training data)",
        ),
    ),
    Rule(
        _PERSON,
        _any(
            rf"(?:am|was) i (?:\w+ ){{0,4}}(?:{_STATE})",
            r"am i (?:\w+ ){0,3}(?:too|so|becoming|getting|going|ok|okay|normal|healthy|in danger|likely)",
            rf"(?:do|did|could|might|may|can|would) (?:{_ONE}) (?:\w+ ){{0,2}}(?:have|suffer\w*|show|get)"
            r"(?! (?:less|more|better|enough|through|over|used to|to sleep)\b)",
            rf"does (?:{_ONE}) (?:\w+ ){{0,2}}(?:have|suffer|show|need)",
            rf"(?:could|might|may|would) (?:{_ONE}) be (?:\w+ ){{0,3}}(?:{_STATE})",
            r"do i (?:need|require)",
            r"in my (?:own )?case",
            rf"(?:is|was|seems?|are) (?:{_ONE}) (?:\w+ ){{0,5}}(?:{_STATE})",
            rf"(?:{_ONE}) (?:\w+ ){{0,3}}(?:is|am|has|have|had|seems?|looks?|feels?|feel|felt|might be|may be|"
            rf"could be) (?:\w+ ){{0,4}}(?:{_STATE})",
            rf"(?:i m|he s|she s|i ve) (?:\w+ ){{0,4}}(?:{_STATE})",
            rf"(?:have|has) (?:{_ONE}) (?:\w+ ){{0,2}}(?:got|become|developed)",
            r"diagnos(?:e|es|ed|ing) (?:\w+ ){0,3}(?:me|him|her|them|my|this|our|someone|somebody|colleagues?|"
            r"employees?)",
            r"(?:what|which) (?:\w+ ){0,3}(?:do i|does (?:he|she)) have",
            r"(?:what|which) (?:is|are|s) wrong with (?:me|him|her|my|this|our)",
            r"(?:my|his|her) (?:\w+ ){0,2}(?:score|index|hrv|rmssd|symptoms?|diagnosis|test results?|heart rate)",
            r"(?:which|who|how many) (?:\w+ )?of (?:my|our|the) (?:staff|team|nurses|employees|colleagues|workers|"
            r"doctors)",
            r"who (?:in|on|at) (?:my|our|this|the) (?:ward|team|unit|department|hospital|staff)",
            r"should (?:i|he|she|my \w+) (?:quit|resign|stay|leave|see|be|stop|go|call|report|tell|retire|take)",
            r"(?:score|scored|scoring) (?:of )?\d+",
        ),
    ),
    Rule(
        _DRUGS,
        _any(
            rf"(?:{_DRUG})",
            r"\d+ ?(?:mg|mcg|ug|ml|iu|grams?|milligrams?|micrograms?)",
            r"(?:dos(?:e|es|age|ages|ing)|overdose|milligrams?)",
            r"prescri(?:be|bes|bed|bing) (?:\w+ )?(?:me|him|her|us|for|an?|some|something|anything|to|against)",
            r"prescriptions? (?:for|of|against)",
        ),
        _any(
            r"(?:medication|drug|dosing|dosage|dose|prescri\w+) (?:\w+ )?(?:errors?|safety|administration|rounds?|"
            r"incidents?|mistakes?)",
            r"melatonin (?:suppression|levels?|secretion|rhythms?|onset|concentrations?)",
            r"dose response",
            r"(?:non ?|drug and non )drugs?|drug free|non ?pharmacological",
            r"(?:errors?|mistakes?) in (?:medication|drug|prescri\w+)",
            r"(?:nurses|doctors|staff|residents|physicians|clinicians) (?:\w+ ){0,6}wrong (?:drugs?|medicines?|"
            r"medications?)",
        ),
    ),
    Rule(
        _PATIENTS,
        _any(
            r"(?:treat|treats|treating|cure|cures|intubat\w+|resuscitat\w+|operate on|triage|palliat\w+|"
            r"heal)\w* (?:\w+ ){0,5}"
            rf"(?:patients?|children|babies|{_DISEASE})",
            rf"(?:treatments?|therap\w+|medicat\w+|prognosis|surviv\w+|mortality|management|symptoms?|"
            rf"diagnosis) (?:\w+ ){{0,4}}(?:{_DISEASE})",
            rf"(?:patients?|people|children|someone|adults) (?:with|who have|suffering from|"
            rf"after) (?:\w+ ){{0,3}}(?:{_DISEASE}|"
            r"cancer|depression|insomnia|anxiety|covid|pain|surgery|ptsd|heart)",
            r"how (?:is|are|do you|to) (?:\w+ ){0,3}(?:treated|cured|diagnosed|treat|cure|diagnose)",
            rf"(?:what|how|which) (?:\w+ ){{0,4}}(?:helps?|treats?|cures?|causes?) (?:\w+ ){{0,3}}(?:{_DISEASE})",
            r"(?:my|a|the|our) patients? (?:\w+ ){0,2}(?:sleep|depressed|anxious|pain|recover\w*|fever)",
            r"(?:in|for|of|help|helps|helping) (?:my |our |the |hospitali[sz]ed |elderly |older |surgical )?(?:in|"
            r"out)?patients? (?:to )?(?:sleep|recover|cope|relax|heal)",
        ),
        _any(
            r"(?:nurses?|physicians?|doctors?|residents?|staff|healthcare workers?|clinicians?) (?:who|that|"
            r"treating|caring)",
            r"(?:look\w*|car\w*|work\w*) (?:after|for|with) (?:\w+ ){0,2}(?:patients|people|adults|residents) with",
            r"(?:refus\w*|oblig\w*|willing\w*|duty|fear\w*) (?:\w+ ){0,3}treat",
            r"(?:stress\w*|burnout|distress\w*|fatigue\w*|strain\w*|exhaust\w*|anxi\w*) (?:\w+ ){0,4}treat(?:ing)?",
        ),
    ),
    Rule(
        _OTHER,
        _any(
            r"who (?:wrote|invented|discovered|founded|owns|won|made|is the|was the)",
            r"(?:price|capital|population|address|phone number|website|name) of",
            r"(?:which|what) (?:hospital|clinic|city|country|company|brand|school|university|book) (?:\w+ ){0,3}"
            r"(?:is|are|was) (?:the )?(?:best|worst|largest|cheapest|oldest|biggest|nearest)",
            r"how many (?:nurses|doctors|physicians|hospitals|beds|people|clinics) (?:are there|work|live|exist|has)",
            r"will (?:\w+ ){0,9}(?:(?:in|by) 20\d\d|(?:in|over|within) the (?:next|coming) (?:\w+ )?\w+)",
            r"(?:what (?:is|are|was|were|s) (?:\w+ ){0,4}(?:rates?|levels?|numbers?|share|percentage|prevalence)|"
            r"how (?:high|common|frequent) (?:is|are|was)|how many (?:\w+ ){0,4}(?:are|have|were|left|suffer|report)) "
            r"(?:\w+ ){0,6}(?:in|at|on) (?:our|my|this) (?:\w+ )?(?:hospital|ward|unit|clinic|trust|department|team)",
        ),
    ),
)
"""In this order; the first that fits is said."""

_TITLED: Final = re.compile(r"\b(?:[Nn]urse|[Dd]octor|[Ss]ister|Dr|Mrs?|Ms|Prof(?:essor)?)\.? ([A-Z][a-z]+)")
_LEADS_IN: Final = re.compile(
    r"\bi (?:(?:am|was|have been|ve been) (?:\w+ )?(?:asked|told)|wonder|heard|read|keep hearing)\b"
    r"(?: (?:whether|if|that|about)\b)?"
)
"""What somebody says around a question is not about them yet: "I am often asked whether"."""


def refusal(question: str) -> Refusal | None:
    """Why a question is refused before any search; None where it may be searched.

    >>> refusal("Am I burnt out?").reason
    'person'
    >>> refusal("What helps nurses on nights sleep?") is None
    True
    """
    words = tokens(question[: 4 * LONGEST])
    line = " ".join(words)
    if RULES[0].fits(line):
        return RULES[0].refusal
    if len(question) > LONGEST:
        return _LONG
    if not any(letter.isalpha() for word in words for letter in word):
        return _EMPTY
    if not is_english(question, words):
        return _LANGUAGE
    if any(not _is_a_subject(name) for name in _TITLED.findall(question)):
        return _PERSON
    asked = _LEADS_IN.sub("", line)
    return next((rule.refusal for rule in RULES[1:] if rule.fits(asked)), None)


def _is_a_subject(name: str) -> bool:
    """Whether a word with a capital letter is one of the field ("Nurse Burnout"), and so no person's name."""
    return all(unit.is_plain or unit.is_mild or len(unit.forms) > 1 for unit in units(name))
