# The first process of a laboratory world: builds it, runs one thing in it, ends it. Started by
# `lab` only. Everything below /run is this world's own and vanishes with it.
set -u
trap 'exit 143' TERM HUP
trap 'exit 130' INT
: "${LAB_WORK:?}" "${LAB_BIN:?}" "${LAB_ROOT:?}" "${LAB_HERE:?}"

. "$LAB_HERE/world.sh"
. "$LAB_HERE/measure.sh"

build_world || { echo 'lab: the world could not be built' >&2; exit 3; }

case $1 in
    shell)
        boot l0; boot l1
        printf 'namespaces l0 l1 client lan; helpers of world.sh are loaded. exit ends it all.\n'
        LAB_INSIDE=1 bash --rcfile <(cat "$LAB_HERE/world.sh" "$LAB_HERE/measure.sh"; declare -p power) -i
        ;;
    demo) . "$LAB_ROOT/Examples/demo/demo.sh" ;;
    scenario)
        scenario=$2
        . "$LAB_HERE/scenarios/$scenario.sh"
        run
        code=$?
        [ $code = 0 ] && [ "$broken" = 1 ] && code=1
        keep_records "$code"
        exit $code
        ;;
esac
