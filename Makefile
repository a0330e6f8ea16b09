# Everything from a bare python3: the first target that needs it makes .venv, puts uv into it, and installs the locked packages.

PYTHON ?= python3
UV := .venv/bin/uv
EXTRAS := --extra train --extra convert --extra litert --extra onnx --extra camera --extra serve $(MORE_EXTRAS)
DEMO_ARGUMENTS ?=
TEST_ARGUMENTS ?=
ARM_ARGUMENTS ?= --page docs/arm.md
# Several test files at once; the tests of one file share what is dear to make.
PARALLEL := --numprocesses auto --maxprocesses 4 --dist loadfile

.PHONY: install demo test test-tflite verify-arm fuzz check format bench docs models models-page reading-report clean

install: .venv/.installed

.venv/bin/uv:
	$(PYTHON) -m venv .venv
	.venv/bin/python -m pip install --quiet --disable-pip-version-check "uv>=0.8"

.venv/.installed: pyproject.toml uv.lock | .venv/bin/uv
	UV_PROJECT_ENVIRONMENT=.venv $(UV) sync --quiet --locked --python .venv/bin/python $(EXTRAS)
	@touch $@

demo: install
	.venv/bin/digits demo $(DEMO_ARGUMENTS)

test: install
	.venv/bin/python -m pytest $(PARALLEL) $(TEST_ARGUMENTS)

# tflite-runtime's last release needs Python 3.11 and numpy 1, so it has an environment of its own.
.venv-tflite/.installed: pyproject.toml uv.lock | .venv/bin/uv
	UV_PROJECT_ENVIRONMENT=.venv-tflite $(UV) sync --quiet --locked --python 3.11 --extra tflite --extra serve --no-default-groups --group test
	@touch $@

test-tflite: .venv-tflite/.installed
	.venv-tflite/bin/python -m pytest tests/runtime tests/camera_demo tests/test_cli.py tests/test_layering.py $(PARALLEL) $(TEST_ARGUMENTS)
	.venv-tflite/bin/digits verify --backends tflite-runtime

# Debian systems for ARM in .arm, under QEMU: they must answer as this machine does. Needs mmdebstrap and qemu-user-static, and root.
verify-arm: install .venv-tflite/.installed
	PYTHONPATH=.ci .venv/bin/python -m arm $(ARM_ARGUMENTS)

# Ten thousand damaged model files: each must be refused in one line or answer. PAGE=docs/inspect.md writes the counts down.
COUNT ?= 10000
SEED ?= 5
fuzz: install
	.venv/bin/python tests/fuzz_models.py --count $(COUNT) --seed $(SEED) $(if $(PAGE),--page $(PAGE))

check: install
	.venv/bin/ruff format --check .
	.venv/bin/ruff check .
	.venv/bin/mypy
	.venv/bin/python -m pytest --quiet tests/test_layering.py

format: install
	.venv/bin/ruff format .
	.venv/bin/ruff check --fix .

# The family: every seed trained, converted, measured, the best of each packed, and the pages written; days on a small
# machine, so it goes on where it stopped. SETS and PHOTOS name folders of further data to measure on.
models: install
	.venv/bin/python docs/family.py all $(if $(SETS),--sets $(SETS)) $(if $(PHOTOS),--photos $(PHOTOS))

models-page: install
	.venv/bin/python docs/family.py pages

bench: install
	.venv/bin/digits bench

docs: install
	.venv/bin/python docs/build.py

# PHOTOS names a folder of pictures with their truth in manifest.json. The page holds figures only; REPORT, which git never
# takes, shows the pictures that were not read rightly.
REPORT ?= runs/reading
reading-report: install
	.venv/bin/digits draw page --preset touching --size 560x260 --text 35072,4816 --height 60 --seed 4 runs/explain/page.png
	rm -f docs/figures/reading-explain.jpg
	.venv/bin/digits read --explain docs/figures/reading-explain.jpg runs/explain/page.png
	.venv/bin/digits score $(PHOTOS) --disturb all --page docs/reading.md --report $(REPORT)

clean:
	rm -rf .venv .venv-tflite .arm .pytest_cache .mypy_cache .ruff_cache .hypothesis
