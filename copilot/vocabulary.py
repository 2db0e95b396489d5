"""Lists of words, reviewed by hand: without a subject, with little of one, and groups of people."""

from typing import Final


def listed(text: str) -> frozenset[str]:
    """The words of a list, each once."""
    return frozenset(text.split())


STOP: Final = listed(
    """
    a about after again against all also am among amongst an and any are aren as at be because been before being
    between both
    but by can cannot could couldn did didn do does doesn doing don done during each either else ever every few
    for from further get gets getting got had hadn has hasn have haven having he her here hers him his how
    however i if in into is isn it its itself just ll let like many may me might mine more most much must my
    myself need needs neither no nor not now of off on once one only or other others our ours out over own per
    please quite rather re s same shall she should shouldn so some still such t than that the their them then
    there these they this those though through to too under until up upon us ve very via was wasn we were weren
    what whatever when where whether which while who whom whose why will with within without won would wouldn
    yes yet you your yours d m isnt dont doesnt cant arent aint wasnt werent didnt wont wouldnt shouldnt couldnt
    whats hows wheres whos thats theres theyre youre im ive
    """
)

# What a question says around its subject. Where the papers lack such a word, nothing is missing.
PLAIN: Final = listed(
    """
    able actual actually affect advice advise allow amount answer around ask author available avoid away back
    bad based become begin behind believe benefit beneficial best better big bring call case cause certain
    chance change claim clear clinical come common compare comparison conclude conclusion connect consequence
    consider contribute cope cut data deal decline decrease degree depend describe develop difference different
    difficult drive early easier easily easy effect effective effectiveness efficacy end enough especially
    establish estimate evidence exact exactly example exist expect experience explain extent fact factor fall
    far feel few fewer find finding first follow form found fully gain general generally give go good great
    greater group guide happen hard harm harmful help helpful high higher hurt idea impact important
    improve improvement include increase indicate influence inform keep kind know known lack large last late
    later lead learn least less lessen level likely limit link linked little long longer look lot low
    lower main make manage matter mean measure mention method might mitigate most mostly negative new number
    occur offer often paper part particular people person place play point poor positive possible prefer prevent
    prevention probably problem produce promote protect protective prove proven provide published put quality
    question raise rate reason recommend recommendation reduce reduction regard relate related relation
    relationship relative relevant rely report require research respond result right rise risk role run safe say
    science scientific see seem set severe short shorter show side significant significantly similar size small
    solve someone something source start state strategy strong studied studies study succeed success suffer
    suggest suitable support sure take talk tell tend term test thing think tie time tip today told topic
    tried trigger true try type typical typically understand use used useful using usual value various versus vs
    want way weak well whole wide work working works worse worsen worst worth write wrong yield boost curb
    ease counter combat fight tackle alleviate diminish minimise minimize undermine damage harmless ineffective
    literature review trial trials rct rcts proportion percent percentage share prevalence prevalent predict
    predictor predictors associate associated association correlate correlated correlation compared whichever
    anything anyone everyone somebody nothing soften stop tied made    word words teach
    teaching taught access accept accord account achieve act add adapt adjust admit adopt afternoon agree aim
    alike alone along alter altogether amongst analysis annual appear apply approach appropriate area argue
    arise arrive aspect assess assume attempt aware bear beat begun behave besides beyond bother bottom broad
    build busy calm capable careful carry catch center central centre challenge characteristic choose chosen
    circumstance cite close collect column complete completely compose concept condition conduct consist
    constant contain content context continue convince correct count couple cover create critical current
    currently cycle daily danger dangerous debate decade decide decision dedicated deep define deliver
    demonstrate dependent design despite detail detect determine die differ direct directly disadvantage
    discover discuss display distinct disturb divide double doubt due duration dynamic edge element emerge
    emphasis employ encourage endure enjoy ensure enter entire equal era essential evaluate evening event
    eventually evident evolve examine except excess exclude exhibit expand explore express expose exposed extra
    extreme face fail fair familiar fast feature feelings felt figure fill final finally fine fix focus force
    former forward free frequency frequent frequently fresh front full function future generate global goal gone
    grade gradual ground habit half hand handle hear heavily heavy held here hide hold hope huge identify ignore
    immediate impair impaired impose impression inc incidence inside instance instead intend intense intensity
    interest interested interfere internal introduce investigate involve issue item join judge key largely lay
    lie lift lightly limitation limited line list live lives lose loss maintain major majority manner mark
    material maximum meaning meanwhile mechanism meet mere mid mild minimum minor minority minute minutes miss
    mix mixed model moderate modify moment month months morning motivate move multiple name natural nature near
    nearly necessary never next normal normally note notice numerous objective observe obtain obvious occasion
    odd odds onset open operate opinion opportunity opposite option order ordinary outcome outcomes output
    outside overall overcome pace page pair partial participate past path pattern peak perceive perception
    perfect perform period periods permanent permit phase pick plan plans planned please plenty possibly
    potential potentially power practical practice practise precise presence present press presumably pretty
    previous previously primary prior priority procedure process profile profit project promise promising proper
    property propose prospect provision purpose pursue push random range rank rapid rapidly rare rarely rating
    ratio reach react reaction read ready real realise realistic really receive recent recently recognise
    recognize record reflect refuse regular regularly reject reliable remain remark remember remind remove
    repeat repeated replace request resist resolve resource resources respective restore restrict retain return
    reveal reverse root rule sample sampled sate satisfy save scale scores second section secure seek
    select sense sensible separate serious seriously serve service settle setting settings several sharp simple
    simply single situation slight slightly slow slowly society solid solution sort sound space special
    specialised specific specifically spend spent spread stable stage stand standard stay step steps stick
    straight strategies strict strike strongly structure stuff subject subsequent substantial substitute sudden
    suddenly sufficient sum summary surprise surround survive switch system systematic target task tasks
    technique temporary tendency theory therefore thinking third thorough threat threaten tight together total
    totally touch toward towards track tradition transfer translate trend trouble turn twice ultimate uncertain
    undergo undertake unique unlikely unusual urgent usage usually valid variable variation vary view visible
    vital wait walk watch week weekly weeks weigh widely willing wish wonder years yesterday affected aid assist
    assistance buffer dampen shield guard against worthwhile worthless pointless useless handy advisable
    feasible workable sustainable lasting lasts longterm persist fade vanish disappear starting stopped stopping
    quick quickly soon sooner fewest highest lowest heavier lighter strongest weakest healthy unhealthy okay ok
    badly poorly international worldwide local user users style styles sign balance compete going goes moving
    picture theme themes beneficiary healthily holder label labels latest leading lots none nowadays obviously
    onwards overly partly plainly recommended referred roughly seemingly seldom sometimes somewhat strange
    striking supposedly surely thus truly undoubtedly unless verdict viable weaker wise within accompany
    adequate advocate affirm aggravate allay ameliorate amplify appreciate augment avert blame bolster boosted
    breed broadly bump buoy capacity caution compound conclusive confer confirm curtail deepen degrade deter
    detrimental dip discourage elevate elicit eliminate enhance enlarge eradicate erode exacerbate exert
    facilitate foster foresee fuel gauge grasp halt hamper heighten hinder impede incline incur induce inflict
    inhibit instil intensify justify keen lean lengthen lessened magnify manifest mar mend mirror nurture
    obstruct offset outweigh partake plausible precede preclude predispose preserve prolong provoke quantify
    rebound rectify reinforce relieve remedy render reliably restrain resume safeguard sap sharpen shorten
    shrink slash spark spur stem stimulate strengthen substantiate suppress surge sustain swing temper thrive
    tweak underlie uphold verify warrant wane welcome widen fare fared began broke broken brought built bought
    came caught chose drew drawn fell fallen fought gave given went grew grown knew lost meant met paid ran
    risen rose saw seen sent shut spoke spoken stood stuck took taken understood won wore wrote written day
    days during saved saves happily answers papers acts acting arises feels doing done beginning ended um uh erm
    hmm oh ah wow anyway anyways maybe perhaps curious wanna gonna gotta kinda sorta dunno innit cos cuz coz plz pls
    thx lol btw tho nope
    absolutely actual aimed anniversary apparently asking aware awful basically bet bits bloke blokes bloody blow
    bright brilliant bunch bundle chap chaps cheers chuck clever concerned crack cruel dare decent deeply dreadful
    dress enormous essay everybody fancy folk folks frankly fun funny fuss gang gentle gents gosh grand guess guy
    guys heap heaps hello hey hi honest honestly horrible hurry idea ideas imagine incredibly joke joking kindly
    kitchen lad lately laugh lesson lessons literally loads lovely mad mate mates mess moan moment nerves newspaper
    nice nicer nightmare nonsense nutshell okay ours pal pals paper piece pile plainly polite posh properly proud
    quote quoted reckon regarding remotely rookie rotten round rubbish sake saying seriously shame shelf silly sit
    sitting smart sorry soul stupid supposed supposedly swear sweet tale tell telling thank thanks thanksgiving tons
    toss tricky truly trying ugly understandably utterly weird whatever whinge wondering wonders yeah yep
    comparably nicely else anyhow ever apart aside amid onward mainly
    """
)

# Words with a subject, and yet nothing is missing where no paper has them: another word of the question decides.
MILD: Final = listed(
    """
    hospital hospitals clinic clinics ward wards unit department facility workplace workforce employer employers
    country countries europe european nation national family home female male women woman men man young younger
    old older age individual individuals participants participant hours hour career careers concern worry
    worried fear feeling feelings life behaviour behavior session care caring profession professionals
    professional job jobs demand performance routine self active fit engage shape wake intervention
    interventions program course symptom symptoms treat treated worker workers work-related job-related user
    employment colleague friend friends house housing population group groups people adult adults institution
    institutions conflict conflicts organisation organization company firm site place epidemic outbreak crisis
    one two three four five six seven eight nine ten year years week weeks month months
    """
)

# People whom papers on healthcare workers do not speak of: quoted only where the paper itself is about them.
OTHERS: Final = listed(
    """
    teacher pilot aircrew cabin driver trucker police policeman policemen officer firefighter soldier military veteran
    student pupil child children kid baby infant newborn toddler adolescent teenager teen athlete footballer
    runner lawyer banker trader farmer miner sailor seafarer engineer programmer developer accountant journalist
    musician chef cook waiter retail cashier factory builder construction carpenter electrician priest clergy
    prisoner inmate refugee parent mother father spouse husband wife pet dog cat horse rat mouse mice animal
    veterinarian vet pharmacist astronaut politician manager executive entrepreneur freelancer actor dancer
    warehouse courier controller hairdresser librarian academic professor researcher scientist pensioner retiree
    consumer customer passenger
    """
)
# Of these, people whom healthcare workers care for or live with: beside a group of workers they are no subject.
BESIDE: Final = listed(
    """
    child children kid baby infant newborn toddler adolescent teenager teen pupil inmate prisoner refugee parent mother
    father spouse husband wife pet dog cat
    """
)
# Groups within healthcare: a paper about another one is a weaker answer.
ROLES: Final = listed(
    """
    nurse midwife doctor physician resident surgeon paramedic dentist pharmacist student physiotherapist
    therapist psychologist radiographer technician anaesthetist anesthesiologist oncologist psychiatrist
    pediatrician paediatrician intern practitioner gp caregiver aide assistant manager social
    """
)
# Small words of other languages: a question that has more of them than of English ones is in another one.
FOREIGN: Final = listed(
    """
    der die das den dem ein eine und oder ist sind was wie wer hilft gegen bei mit nicht fur von auf im zu als
    auch wird le la les des une est sont que quel quelle quels quelles pour dans avec sur qui comment pourquoi
    aide et ou du au aux el los las una es son como por para con del y o ayuda cual cuales il lo gli che per di
    e sono cosa aiuta come nel de het een en zijn wat hoe voor met van helpt niet welke och att som vad hur
    hjalper
    """
)
