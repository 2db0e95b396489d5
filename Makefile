# Two commands of the README: `make demo` and `make test`; each does its own set-up.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PEERS := .venv-peers
TRAIN := .venv-train
FACE_PEER := .venv-face
PACK := .venv-pack
GUIDED := .venv-fuzz
export WARDBEAT_SHARED ?= $(abspath ../shared)
# compiled modules are kept, outside the sources: tests start many processes
unexport PYTHONDONTWRITEBYTECODE
export PYTHONPYCACHEPREFIX := $(abspath $(VENV))/pycache
# tests mostly wait for real processes
WORKERS ?= 5
IN_PROCESSES = -n $(WORKERS) --dist loadfile --no-loadscope-reorder

.PHONY: demo picture test test-long test-fast test-shuffled test-dates test-pythons coverage release-state laws check mutations schema lock bench-agent bench-heart bench-strap bench-delivery bench-hub bench-scoring bench-page bench-floods bench-health bench-beside test-page screenshots report-picture train-arousal change-thresholds test-radio fuzz guided-fuzz chaos train-expression bench-face clean system-tools npm deb deb-check apt-repository offline-kit offline-kit-check test-package test-arm64 licences sboms wheel sign set-version release release-check release-trial test-pip test-templates msi msi-check test-wine macos bench-agreement sentiment-model bench-text bench-calendar bench-evidence evidence-digests evidence-vectors

$(VENV)/.installed: requirements.lock pyproject.toml
	@echo "Setting up $(VENV) once: about $$(grep -cE '^[a-z0-9._-]+==' requirements.lock) packages, 320 MB to download, two to five minutes."
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --disable-pip-version-check --progress-bar off --no-deps --require-hashes -r requirements.lock \
		| awk '/^Collecting /{printf "  %3d  %s\n", ++n, $$2; fflush()} /^Installing collected/{print "  installing ..."; fflush()}'
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

# the face models: fetched once, checked by hash, kept beside the program
MODELS := $(VENV)/share/wardbeat/models
$(MODELS)/.fetched: models/manifest.yaml | $(VENV)/.installed
	@echo "Fetching the face models once: one wheel of about 35 MB, checked by hash."
	@$(BIN)/wardbeat models fetch --into $(MODELS)
	@touch $@

## the whole chain on this machine, two minutes: FACE=--face, PAGE=--page, TEAM=--team
demo: $(VENV)/.installed $(MODELS)/.fetched
	@echo "$(if $(TEAM),Ten synthetic people with a made-up year and a care team that sees those who let it: about two minutes.,A synthetic person wears a simulated strap for two minutes; an agent, a broker and a hub run on this machine.)"
	@$(BIN)/wardbeat demo $(FACE) $(PAGE) $(TEAM)

## the README's picture of the demo, drawn by the demo itself
picture: $(VENV)/.installed
	$(BIN)/wardbeat demo --minutes 1.2 --picture docs/demo.svg

## what `make test` needs of the system: installed as root, named otherwise
system-tools:
	@sh tests/system_tools.sh

npm: tests/interop/node_modules/.installed
tests/interop/node_modules/.installed: tests/interop/package-lock.json | system-tools
	cd tests/interop && npm ci --silent --no-audit --no-fund --ignore-scripts
	touch $@

## the suite but for its longest tests, in several processes: WORKERS=5 ONLY=tests/hub
test: $(VENV)/.installed $(MODELS)/.fetched system-tools npm
	$(BIN)/python -m pytest $(IN_PROCESSES) -m "not long" $(ONLY)

## the longest tests: a night, storms, planted trees, scenarios of straps, the wheel; ends with a table of their seconds
test-long: $(VENV)/.installed $(MODELS)/.fetched system-tools npm
	$(BIN)/python -m pytest $(IN_PROCESSES) -m long --durations 0 --durations-min 1 $(ONLY)

## the laws alone
laws: $(VENV)/.installed
	$(BIN)/python -m pytest -q tests/laws

## laws, formulas and tables: no process, no socket, no root, below a minute
test-fast: $(VENV)/.installed
	$(BIN)/python -m pytest -q --fast -n auto

## the fast tests twenty times in random order: TIMES=20
test-shuffled: $(VENV)/.installed
	for seed in $$(seq 1 $(or $(TIMES),20)); do $(BIN)/python -m pytest -q --fast -n auto --shuffle $$seed || exit 1; done

## the fast tests on each weekday, on both changes of the clock, and on the days on which calendars go wrong
test-dates: $(VENV)/.installed
	$(BIN)/python tests/dates.py

## the laws and the fast tests on every Python from 3.11 up that this machine has
test-pythons: $(VENV)/.installed
	$(BIN)/python tests/pythons.py

## the state that this release leaves, as a fixture for later ones; once, on the commit of its tag
release-state: $(VENV)/.installed system-tools
	PYTHONPATH=. $(BIN)/python -m tests.golden.make_release_state

## which lines the suite runs, as a table by package
coverage: $(VENV)/.installed $(MODELS)/.fetched system-tools npm
	$(BIN)/python tests/coverage_table.py

## format, lint, types on three platforms, laws
check: $(VENV)/.installed
	$(BIN)/ruff format --check agent hub copilot firmware_sim tests bench models packaging
	$(BIN)/ruff check agent hub copilot firmware_sim tests bench models packaging
	$(BIN)/mypy
	$(BIN)/mypy --platform darwin
	$(BIN)/mypy --platform win32
	$(BIN)/python -m pytest -q tests/laws

## storms: real agents, broker and hub on SQLite and PostgreSQL, 33 kinds of fault by a seeded script (root): SEED="1 2 3"
## DATABASE="sqlite postgresql" FAULTS=66 AGENTS=3
chaos: $(VENV)/.installed system-tools
	PYTHONPATH=. $(BIN)/python -W ignore -m tests.chaos

## what the resident agent costs: CPU, memory, start
bench-agent: $(VENV)/.installed
	PYTHONPATH=. $(BIN)/python bench/bench_agent.py

## the heart engine beside NeuroKit2, HeartPy, systole and hrv-analysis, in an environment of their own: SEEDS=25 PART=
bench-heart: $(PEERS)/.installed
	PYTHONPATH=. $(PEERS)/bin/python -W ignore bench/bench_heart.py

$(PEERS)/.installed: bench/requirements-heart.txt
	test -x $(PEERS)/bin/python || $(PYTHON) -m venv $(PEERS)
	$(PEERS)/bin/python -m pip install --quiet --disable-pip-version-check -r bench/requirements-heart.txt
	touch $@

## the scenarios of the field on a real kernel and a real bluetoothd, in a QEMU guest (root, Debian or Ubuntu): ONLY= LONG_S=300
test-radio: $(VENV)/.installed
	@sh tests/system_tools.sh radio
	PYTHONPATH=. $(BIN)/python -m tests.radio

## lines broken one at a time: does a test notice? ONLY=publisher
mutations: $(VENV)/.installed
	$(BIN)/python bench/mutations.py

## the same benches on an older commit and on this one, by turns: AGAINST=v0.1.0 BENCHES="agent heart delivery page" ROUNDS=3
bench-beside: $(VENV)/.installed $(PEERS)/.installed system-tools npm
	$(BIN)/python bench/beside.py

## the page in a real Chromium, every flow in three widths, light and dark
test-page: $(VENV)/.installed $(MODELS)/.fetched system-tools npm
	ALL_LOOKS=1 $(BIN)/python -m pytest -q tests/agent/page/test_*browser.py tests/agent/page/test_layout.py tests/agent/page/test_flows_in_languages.py tests/agent/page/test_firefox.py tests/attacks/test_page.py
	for look in 0 1 2 3 4 5; do LOOK=$$look $(BIN)/python -m pytest -q tests/agent/page/test_profiles.py || exit 1; done

## the page's cost: first paint, beat to page, CPU and memory while it is open: PART=page|update|weeks|care SECONDS=60
bench-page: $(VENV)/.installed system-tools npm
	PYTHONPATH=. $(BIN)/python -W ignore bench/bench_page.py

## health exports: a gigabyte in little memory, cancelled, bombs, changed bytes, names: PART=export|zip|cancel|bombs|mutations|canary MB=1000 FILES=100000
bench-health: $(VENV)/.installed
	PYTHONPATH=. $(BIN)/python -W ignore bench/bench_health.py

## floods against the agent: how late its loop turns, and when pause, withdraw and erase take effect: FLOOD="answers page" SAMPLES=1000
bench-floods: $(VENV)/.installed system-tools
	PYTHONPATH=. $(BIN)/python -W ignore bench/bench_floods.py

## evidence: the right paper first, refusals, calibration, time at 100,000 passages: PART=right|speed|weights FIT=yes
bench-evidence: $(VENV)/.installed
	PYTHONPATH=. $(BIN)/python -W ignore bench/evidence.py

## the digest of the shipped papers, after a change that was meant
evidence-digests: $(VENV)/.installed
	$(BIN)/python -m copilot.reading

## the vectors of words, from the papers, their questions and the thesaurus; then: make bench-evidence FIT=yes
evidence-vectors: $(VENV)/.installed
	PYTHONPATH=. $(BIN)/python bench/evidence_vectors.py

## calendars: rosters of eight zones, a large file, costly files, damaged files, each file of a folder: PART=costly
bench-calendar: $(VENV)/.installed
	PYTHONPATH=. $(BIN)/python -W ignore bench/bench_calendar.py

## the README's pictures of the page, by the page itself
screenshots: $(VENV)/.installed system-tools npm
	PYTHONPATH=. $(BIN)/python -W ignore -m tests.support.page_pictures
	PYTHONPATH=. $(BIN)/python -W ignore -m tests.support.care_pictures

## the pictures of docs/studies.md: the report of simulated hearts
report-picture: $(VENV)/.installed system-tools npm
	PYTHONPATH=. $(BIN)/python -W ignore -m tests.support.report_picture

## what a row costs, how a week's outage drains, what the network sees: PART=outbox|drain|traffic SESSIONS=1000
bench-delivery: $(VENV)/.installed system-tools
	PYTHONPATH=. $(BIN)/python bench/bench_delivery.py

## what an envelope costs the hub, 50,000 waiting, withdrawal against two workers, one device against the others, scoring: PART=cost|drain|race|fairness|scores|kills|year|alerts|metrics WAITING= ROUNDS= FLOOD= DEVICES= A_DAY= KILLS=
bench-hub: $(VENV)/.installed system-tools
	PYTHONPATH=. $(BIN)/python -W ignore bench/bench_hub.py

## what the scores are worth, on drawn people and on real ones: PART=coverage|alarm|budgets|acute|welltory|invariance|sums|gate|hub|fusion PEOPLE=10000
bench-scoring: $(VENV)/.installed
	PYTHONPATH=. $(BIN)/python bench/bench_scoring.py

## how often the intervals of `wardbeat agreement` hold the true value, some fifteen minutes: PART=exact|kappa|fleiss|icc|limits STUDIES=1000 UNITS="50 100"
bench-agreement: $(VENV)/.installed
	PYTHONPATH=. $(BIN)/python bench/bench_agreement.py

## the acute model's card, fitted anew to the recordings of WARDBEAT_SHARED
train-arousal: $(VENV)/.installed
	PYTHONPATH=. $(BIN)/python -m models.arousal

## models/sentiment.bin and its card from the texts of WARDBEAT_SHARED, a minute; two runs give the same bytes
sentiment-model: $(VENV)/.installed
	PYTHONPATH=. $(BIN)/python -m models.sentiment

## what suggestions for a journal entry are worth, and their card again: PART=card|identity|speed|repeat
bench-text: $(VENV)/.installed
	PYTHONPATH=. $(BIN)/python bench/bench_text.py

## the thresholds of the change alarm, made anew on drawn people, some five minutes: PEOPLE=600
change-thresholds: $(VENV)/.installed
	PYTHONPATH=. $(BIN)/python -m models.change_alarm

## nonsense from straps and their daemon, in virtual time, a million mutations on the wire, papers and certificates and what comes after
## opening, and by coverage every parser of foreign bytes:
## ROOM=strap|wire|papers|guided SECONDS=120 ENVELOPES=1000000 PAPERS=100000 SEED=1
fuzz: $(VENV)/.installed system-tools
	test -n "$(filter wire papers guided,$(ROOM))" || PYTHONPATH=. $(BIN)/python -m tests.fuzz.straps
	test -n "$(filter strap papers guided,$(ROOM))" || PYTHONPATH=. $(BIN)/python -m tests.fuzz.wire
	test -n "$(filter strap wire guided,$(ROOM))" || PYTHONPATH=. $(BIN)/python -W ignore -m tests.fuzz.papers
	test -n "$(filter strap wire papers,$(ROOM))" || $(MAKE) --no-print-directory guided-fuzz

# by coverage, in an environment of its own; Linux x86-64 alone has a wheel of atheris
guided-fuzz: $(VENV)/.installed $(GUIDED)/.installed
	PYTHONPATH=.:$$($(BIN)/python -c "import sysconfig; print(sysconfig.get_path('purelib'))") $(GUIDED)/bin/python -W ignore -m tests.fuzz.guided

$(GUIDED)/.installed: bench/requirements-fuzz.txt
	test -x $(GUIDED)/bin/python || $(PYTHON) -m venv $(GUIDED)
	$(GUIDED)/bin/python -m pip install --quiet --disable-pip-version-check -r bench/requirements-fuzz.txt
	touch $@

## skin conductance and acceleration: a grid of noise, size and rate, a real record, planted ones, known movements, mutated files:
## PART=grid|faults|real|planted|acceleration|mutated SEEDS=4 FILES=10000
bench-channels: $(VENV)/.installed
	PYTHONPATH=. $(BIN)/python -W ignore bench/bench_channels.py

## the strap under load and over time: PART=load|replay|field|scenarios|day|hostile MINUTES=20 HOURS=24 SEED=1
bench-strap: $(VENV)/.installed system-tools
	$(BIN)/python bench/bench_strap.py

## regenerate agent/wire/schema_v1.json, days_v2.json and the tables at the end of docs/heart.md and docs/face.md from FEATURES and DAYS
schema: $(VENV)/.installed
	$(BIN)/python -m agent.features .

# all but mediapipe, whose OpenCV would lie over the camera's: `make bench-face` gives it an environment of its own
EXTRAS := demo camera plot hub audit postgres evidence dev
## pin every dependency anew, for every platform
lock:
	uv pip compile --universal --generate-hashes $(addprefix --extra ,$(EXTRAS)) --no-header --python-version 3.11 pyproject.toml -o requirements.lock
	for row in agent: camera:--extra=camera hub:--extra=postgres; do \
	    uv pip compile --universal --generate-hashes $${row#*:} --no-header --no-annotate --python-version 3.11 pyproject.toml \
	        -c <(sed -nE 's/ *\\$$//; /^[a-z0-9].*==/p' requirements.lock) -o packaging/locks/$${row%%:*}.lock; done
	sed -nE 's/ *\\$$//; /^[a-z0-9].*==/p' requirements.lock > packaging/constraints.txt

$(PACK)/.installed: packaging/requirements.txt
	@test -x $(PACK)/bin/python || $(PYTHON) -m venv $(PACK)
	@$(PACK)/bin/python -m pip install --quiet --disable-pip-version-check -r packaging/requirements.txt
	@touch $@

# the face models travel in the camera's package alone
WITH_MODELS = $(if $(findstring camera,$(or $(ONLY),camera)),$(MODELS)/.fetched)

## the Debian packages for each release and machine, into dist/deb: INTO= SUITES=trixie MACHINES=amd64 ONLY=agent
deb: $(PACK)/.installed $(WITH_MODELS)
	$(PACK)/bin/python packaging/deb/build.py $(if $(INTO),--into $(INTO)) $(if $(SUITES),--suites $(SUITES)) \
	    $(if $(MACHINES),--machines $(MACHINES)) $(if $(ONLY),--only $(ONLY)) $(if $(VERSION),--version $(VERSION))

## two builds from nothing in different folders, lintian, and the bill of materials beside the files and the schema: SUITES= MACHINES= ONLY=
deb-check: $(PACK)/.installed $(WITH_MODELS)
	@sh tests/system_tools.sh packages
	WARDBEAT_MODELS=$(abspath $(MODELS)) $(PACK)/bin/python packaging/trial/check.py .packages/check \
	    $(if $(SUITES),--suites $(SUITES)) $(if $(MACHINES),--machines $(MACHINES)) $(if $(ONLY),--only $(ONLY))

## a signed repository of what `make deb` made, to be hosted: KEY=fingerprint
apt-repository: $(PACK)/.installed
	@sh tests/system_tools.sh packages
	$(PACK)/bin/python packaging/deb/repository.py dist/deb dist/apt $(KEY)

## the licences of what `make deb` and `make offline-kit` made, judged by packaging/licences.toml, into dist/licences.md
licences: $(PACK)/.installed
	$(PACK)/bin/python packaging/release/licence_report.py dist $$(ls -d dist/deb/*.deb dist/offline-kit 2>/dev/null)

## the bill of materials of each package as a file beside it, into dist/sbom
sboms: $(PACK)/.installed
	$(PACK)/bin/python packaging/release/copy_bills.py dist/sbom dist/deb/*.deb

## the sdist, and the wheel that is built from it, into dist/python
wheel: $(PACK)/.installed
	$(PACK)/bin/python packaging/release/python_files.py dist/python

## the version and its day, written where the program reads them: VERSION=0.2.0 DAY=2026-12-01
set-version:
	$(PYTHON) packaging/release/set_version.py $(VERSION) $(DAY)

## SHA256SUMS over dist, signed: VERSION=0.2.0 KEY=minisign.key GPG_KEY=fingerprint
sign:
	$(PYTHON) packaging/release/sign.py dist $(VERSION) $(if $(KEY),--minisign $(KEY)) $(if $(GPG_KEY),--gpg $(GPG_KEY))

## a release, by the steps of docs/release.md: VERSION=0.2.0 KEY=minisign.key PUBLIC=minisign.pub GPG_KEY= FROM=step
release:
	@sh tests/system_tools.sh packages
	$(PYTHON) packaging/release/run_document.py docs/release.md $(if $(FROM),--from $(FROM))

## signing and verifying by the document's commands, with keys that are thrown away
release-check:
	@sh tests/system_tools.sh packages
	$(PYTHON) packaging/release/signing_trial.py docs/release.md

## the release's steps in a clone, with keys that are thrown away, without its tests: ONLY=agent SUITES=bookworm MACHINES=amd64
release-trial: $(PACK)/.installed
	@sh tests/system_tools.sh packages
	$(PACK)/bin/python packaging/release/trial.py

## the wheel by pip with packaging/constraints.txt on every Python, without a compiler; older ones refuse it (root: Debian 13 too)
test-pip: $(PACK)/.installed
	@sh tests/system_tools.sh packages
	$(PACK)/bin/python packaging/trial/pip_install.py

## packaging/templates in a booted Debian: Ansible, node exporter, Icinga, Nagios, Zabbix, enrolment in bulk (root): SUITE=trixie
test-templates: $(PACK)/.installed
	@sh tests/system_tools.sh packages
	$(PACK)/bin/python packaging/trial/templates.py .packages/templates $(SUITE)

## all that an installation without a network needs, for this system and Python: EXTRAS_IN="camera hub"
offline-kit: $(PACK)/.installed $(if $(findstring camera,$(EXTRAS_IN)),$(MODELS)/.fetched)
	$(PACK)/bin/python packaging/deb/offline_kit.py dist/offline-kit $(EXTRAS_IN)

## the kit in a network namespace of its own, and with a byte changed (root)
offline-kit-check: offline-kit
	sh packaging/kit/check.sh dist/offline-kit $(abspath $(PACK)/bin/python)

## the packages in a booted Debian 12 and 13: install, limits by trial, kill, hang, upgrade, remove (root): SUITES="bookworm trixie"
test-package: $(PACK)/.installed $(VENV)/.installed $(MODELS)/.fetched
	@sh tests/system_tools.sh packages
	$(PACK)/bin/python packaging/trial/build_both.py .packages $(SUITES)
	$(PACK)/bin/python packaging/trial/run.py .packages $(SUITES)

## the arm64 packages in an emulated Debian: numbers, the demo, the fast tests, two hours (root): PARTS="numbers demo fast" ONLY=tests/hub
test-arm64: $(PACK)/.installed $(VENV)/.installed
	@sh tests/system_tools.sh emulation
	test -e /proc/sys/fs/binfmt_misc/register || mount -t binfmt_misc binfmt_misc /proc/sys/fs/binfmt_misc
	test -e /proc/sys/fs/binfmt_misc/qemu-aarch64 || update-binfmts --enable qemu-aarch64
	$(PACK)/bin/python packaging/deb/build.py --into .packages/arm64 --machines arm64 --only agent,hub --quick --suites trixie
	$(PACK)/bin/python packaging/trial/arm64.py .packages/arm64 $(PARTS)

## the agent as an installer for 64-bit Windows, into dist/windows: INTO=
msi: $(PACK)/.installed
	@sh tests/system_tools.sh windows
	$(PACK)/bin/python packaging/windows/build.py $(if $(INTO),--into $(INTO))

## its tables and its cabinet beside the staged files, faults that are planted, and two builds beside each other
msi-check: $(PACK)/.installed
	@sh tests/system_tools.sh windows
	$(PACK)/bin/python packaging/windows/check.py .packages/windows

## what is staged for Windows under wine, in a machine of its own (root): commands, libraries, the control pipe, the installer
test-wine: $(PACK)/.installed
	@sh tests/system_tools.sh windows
	$(PACK)/bin/python packaging/windows/wine_trial.py .packages/wine

## what a package for macOS is made of, and the script that makes it there: INTO=
macos: $(PACK)/.installed
	$(PACK)/bin/python packaging/macos/build.py $(if $(INTO),--into $(INTO))

## the face chain: unseen people, closure, masks, distance, speed beside MediaPipe, canary, egress, an hour: PART= SEED=7
bench-face: $(VENV)/.installed $(MODELS)/.fetched $(FACE_PEER)/.installed system-tools
	PYTHONPATH=. $(BIN)/python -W ignore bench/bench_face.py

$(FACE_PEER)/.installed: bench/requirements-face.txt pyproject.toml
	test -x $(FACE_PEER)/bin/python || $(PYTHON) -m venv $(FACE_PEER)
	$(FACE_PEER)/bin/python -m pip install --quiet --disable-pip-version-check -r bench/requirements-face.txt
	$(FACE_PEER)/bin/python -m pip install --quiet --disable-pip-version-check -e '.[mediapipe]'
	touch $@

## models/expression.onnx from the shared faces, its card's tables too: PART=samples|train|figures SEED=1
train-expression: $(TRAIN)/.installed $(MODELS)/.fetched
	WARDBEAT_MODELS=$(MODELS) PYTHONPATH=. $(TRAIN)/bin/python -m models.expression

$(TRAIN)/.installed: models/expression/requirements.txt
	test -x $(TRAIN)/bin/python || $(PYTHON) -m venv $(TRAIN)
	$(TRAIN)/bin/python -m pip install --quiet --disable-pip-version-check -r models/expression/requirements.txt
	$(TRAIN)/bin/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	touch $@

clean:
	rm -rf $(VENV) $(PEERS) $(TRAIN) $(FACE_PEER) $(GUIDED) .venv-pythons .radio build dist *.egg-info tests/interop/node_modules
