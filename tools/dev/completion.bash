# SPDX-License-Identifier: BSL-1.0
# shellcheck shell=bash
# Completion of ./dev in Bash: its commands, their options, and the tests and suites of build/gcc.
# Use: source tools/dev/completion.bash

_quire_dev() {
  local program=${COMP_WORDS[0]} word=${COMP_WORDS[COMP_CWORD]} choices='' tests
  if [[ $COMP_CWORD -eq 1 ]]; then
    choices=$("$program" help | sed -n 's/^  \([a-z-]\{1,\}\)  *.*/\1/p' | sort -u)
  elif [[ $COMP_CWORD -eq 2 ]]; then
    case ${COMP_WORDS[1]} in
      test) choices="--quick --long" ;;
      bench) choices="--quick --record" ;;
      lab) choices=--quick ;;
      setup) choices=--yes ;;
    esac
    tests=$(dirname "$program")/build/gcc/meson-info/intro-tests.json
    if [[ ${COMP_WORDS[1]} =~ ^(test|debug)$ && -r $tests ]]; then
      choices+=" $(python3 -c 'import json, sys
for test in json.load(sys.stdin):
    suites = (suite.partition(":")[2] for suite in test["suite"])
    print(*(name for name in (test["name"], *suites) if " " not in name))' <"$tests")"
    fi
  fi
  mapfile -t COMPREPLY < <(compgen -W "$choices" -- "$word")
}
complete -F _quire_dev dev
