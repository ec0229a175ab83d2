#!/usr/bin/env bash
# Checks and times everything that uses a GPU, on a machine that has one and needs nothing else but
# its driver. `cargo xtask gpu-kit` puts the programs beside this script; copy that folder.
#
#   gpu.sh [FOLDER]
#
# What it finds is printed and kept in FOLDER, or $OUT, or ./gpu-results. Nothing stops it: a part
# that fails is marked, and the last lines say which did. PyTorch is compared with where
# ${PYTHON:-python3} has it and it sees the card. DEVICE=cuda:1 takes another card. SPAN=10 times
# our training for ten seconds (3), STEPS=2000 PyTorch's for so many steps (500); TURNS=1 compares
# less often (3). PARTS="checks" does only that of "checks phrases training", and CHECK has more
# options for `musegan-train check-device`.
set -uo pipefail

kit=$(cd "$(dirname "$0")" && pwd)
out=${1:-${OUT:-gpu-results}}
device=${DEVICE:-cuda}
case $device in *:*) card=${device#*:} ;; *) card=0 ;; esac
span=${SPAN:-3}
steps=${STEPS:-500}
turns=${TURNS:-3}
python=${PYTHON:-python3}
program=$kit/musegan-train
library=libmusegan_gpu.so
failed=()

mkdir -p "$out" && out=$(cd "$out" && pwd) && scratch=$(mktemp -d) && cd "$scratch" || exit 1
trap 'rm -rf "$scratch"' EXIT
exec > >(tee "$out/report.txt") 2>&1

heading() { printf '\n== %s (after %s s)\n' "$1" "$SECONDS"; }

fail() {
    failed+=("$1")
    printf 'FAILED: %s\n' "$1"
}

# run WHAT COMMAND...: five minutes at most; what it printed stays in $scratch/printed.
run() {
    local what=$1
    shift
    timeout 300 "$@" </dev/null >printed 2>&1
    local code=$?
    tail -n 60 printed
    if [ "$code" -ne 0 ]; then fail "$what (status $code)"; fi
    return "$code"
}

# refuses WHAT COMMAND...: it must end by itself within a minute, not with a crash, and say why.
refuses() {
    local what=$1
    shift
    timeout 60 "$@" </dev/null >printed 2>&1
    local code=$?
    local said
    said=$(grep -m 1 -i error printed || tail -n 1 printed)
    printf '%s: status %s: %s\n' "$what" "$code" "${said:0:400}"
    if [ "$code" -ne 1 ] && [ "$code" -ne 2 ] || ! [ -s printed ]; then
        fail "$what: should be refused with a sentence"
        head -n 20 printed
    fi
}

# number NAME: of the line `NAME: number` in what was printed last.
number() { sed -n "s/^$1: *\([0-9.]*\).*/\1/p" printed | tail -n 1; }

# best FILE: the highest of its numbers.
best() { sort -g "$1" | tail -n 1; }

card_memory() {
    nvidia-smi --query-gpu=memory.used --format=csv,noheader,nounits -i "$card" 2>/dev/null
}

# Samples the card's memory until it is killed; the highest value is in $scratch/memory.
watch_memory() {
    local most=0 now
    while sleep 0.1; do
        now=$(card_memory)
        if [ "${now:-0}" -gt "$most" ]; then
            most=$now
            echo "$most" >memory
        fi
    done
}

heading "The machine"
nvidia-smi --format=csv \
    --query-gpu=index,name,driver_version,memory.total,compute_cap,clocks.max.sm \
    || echo "no nvidia-smi here"
grep -m 1 'model name' /proc/cpuinfo
echo "$(nproc) processors; $(uname -sr)"
(cd "$kit" && sha256sum musegan-train "$library")

run "devices" "$program" devices
torch=no
if "$python" -c 'import sys, torch; sys.exit(not torch.cuda.is_available())' 2>/dev/null; then
    torch=yes
else
    echo "PyTorch is left out: $python has none that sees a card"
fi

agreement() {
    heading "Kernels against their formulas"
    for test in "$kit"/tests/*; do
        if [ -x "$test" ]; then
            echo "-- $(basename "$test")"
            MUSEGAN_GPU_LIBRARY=$kit/$library run "tests: $(basename "$test")" \
                "$test" --test-threads 1
        fi
    done

    heading "Agreement with the CPU, and a card that is lost in mid-song"
    # shellcheck disable=SC2086 # several options
    run "check-device" \
        "$program" check-device --device "$device" --json "$out/check.json" ${CHECK:-}
    if grep -q "not shown" "$out/report.txt"; then fail "a card that is lost in mid-song"; fi
}

dataset() {
    heading "A dataset, of what the tutorial's weights play"
    for seed in $(seq 40); do
        timeout 60 "$program" generate --weights "$kit/tutorial.safetensors" --output "songs/$seed" \
            --format song -n 16 --seed "$seed" --form aaba >printed 2>&1 || fail "generate"
    done
    run "prepare" "$program" prepare --input songs --output dataset
}

refusals() {
    heading "What is refused, and how"
    mkdir bare broken
    cp "$program" bare/
    cp "$program" broken/
    head -c 200000 "$kit/$library" >broken/$library
    refuses "no library" bare/musegan-train check-device --device "$device"
    refuses "half a library" broken/musegan-train check-device --device "$device"
    refuses "no such card" "$program" check-device --device cuda:99
    refuses "no such device" "$program" check-device --device abacus
    CUDA_VISIBLE_DEVICES='' refuses "a driver without a card" \
        "$program" check-device --device "$device"
    if [ $torch = yes ]; then
        "$python" - "$card" >held <<'EOF' &
import sys, time, torch
device = int(sys.argv[1])
free, _ = torch.cuda.mem_get_info(device)
held = torch.empty(free - 2**29, dtype=torch.uint8, device=f"cuda:{device}")
print("held", flush=True)
time.sleep(90)
EOF
        local holder=$!
        for _ in $(seq 120); do [ -s held ] || sleep 0.5; done
        echo 'batch = 1024' >large.toml
        refuses "too little memory, as PyTorch holds all but half a GiB" \
            "$program" train --data dataset --run large --config large.toml --device "$device"
        kill "$holder"
        wait "$holder" 2>/dev/null
    fi
}

# step, critic's loss, generator's loss and penalty of a run's log.
losses() {
    local number='\([^,]*\)'
    local line=".*\"step\":$number,\"critic_loss\":$number,\"generator_loss\":$number"
    sed -n "s/$line,\"penalty\":$number,.*/\1 \2 \3 \4/p" "$1"
}

change_over() {
    heading "Losses of the same run on the CPU and on the card, which change over after step 10"
    # So slow that the weights stay: Adam would make whole steps of the rounding of a zero.
    printf 'learning_rate = 1e-12\nkeys = "random"\ncritic_steps = 2\n' >run.toml
    printf 'steps = 10\nlog_every = 1\ncheckpoint_every = 5\n' >>run.toml
    for where in cpu "$device"; do
        run "train on $where" \
            "$program" train --data dataset --run "run-$where" --config run.toml --device "$where"
    done
    run "the CPU's run goes on on the card" \
        "$program" train --data dataset --run run-cpu --resume --steps 20 --device "$device"
    run "the card's run goes on on the CPU" \
        "$program" train --data dataset --run "run-$device" --resume --steps 20 --device cpu
    run "export" "$program" export --run "run-$device" --output trained.safetensors
    losses run-cpu/log.jsonl >cpu.txt
    losses "run-$device/log.jsonl" >card.txt
    # Losses agree to about 1e-6, but the penalty jumps where rounding carries a unit over its kink.
    paste -d ' ' cpu.txt card.txt | awk '
        { worst = 0
          for (i = 2; i <= 4; i++) { off = $i - $(i + 4); off = off < 0 ? -off : off
                                     if (off > worst || off != off) worst = off }
          if (worst > 1e-5) jumps++
          if (worst > most || worst != worst) most = worst }
        END { printf "%d steps; a loss is off by up to %.1e, ", NR, most
              printf "in %d steps by more than 1e-5\n", jumps
              exit !(NR == 20 && most < 1e-3 && jumps < 10) }
    ' || fail "losses on the CPU and on the card"
}

checks() {
    agreement
    dataset
    refusals
    change_over
}

phrases() {
    heading "Phrases, alone and as one of 64: latent in, activations out"
    run "phrases on the CPU" "$kit/phrase" "$kit/tutorial.safetensors"
    run "phrases" "$kit/phrase" --device "$device" "$kit/tutorial.safetensors"
    if [ $torch = yes ]; then
        run "PyTorch's phrases on the CPU" "$python" "$kit/peers/generate.py"
        run "PyTorch's phrases" "$python" "$kit/peers/generate.py" --device "$device"
    fi
}

train_ours() { run "step" "$kit/step" --device "$device" --seconds "$span" "$@"; }
train_theirs() {
    run "PyTorch's step $*" "$python" "$kit/peers/train.py" --device "$device" --steps "$steps" "$@"
}

in_turns() {
    heading "Training steps, batch 16, ours and PyTorch's in turns"
    : >ours
    : >theirs
    for turn in $(seq "$turns"); do
        echo "-- turn $turn of $turns: MuseGAN"
        train_ours && number steps_per_second >>ours
        if [ $torch = yes ]; then
            echo "-- turn $turn of $turns: PyTorch, eager, float32"
            train_theirs && number steps_per_second >>theirs
        fi
    done
    if [ -s ours ]; then
        awk -v ours="$(best ours)" -v theirs="$(best theirs)" 'BEGIN {
            printf "best: ours %.1f steps/s, %.0f phrases/s", ours, ours * 16
            if (theirs) printf "; PyTorch %.1f steps/s; ratio %.2f", theirs, ours / theirs
            print ""
        }'
    fi
    if [ $torch = yes ]; then
        for way in --launches --tf32 --compile --graph "--graph --tf32"; do
            echo "-- PyTorch, $way"
            # shellcheck disable=SC2086 # two options
            train_theirs $way
        done
    fi
}

larger_batches() {
    heading "Launches or arithmetic: what larger batches cost"
    for batch in 16 32 64 128 256; do
        echo "-- batch $batch: MuseGAN"
        before=$(card_memory)
        echo "$before" >memory
        watch_memory &
        watch=$!
        train_ours --batch "$batch"
        kill "$watch"
        wait "$watch" 2>/dev/null
        [ -n "$before" ] && echo "card_memory_mib: $(($(cat memory) - before))"
        echo "-- batch $batch: MuseGAN, kernel after kernel"
        MUSEGAN_GPU_CHAIN=1 train_ours --batch "$batch"
        if [ $torch = yes ]; then
            echo "-- batch $batch: PyTorch"
            train_theirs --batch "$batch"
        fi
    done
}

training() {
    in_turns
    larger_batches
}

for part in ${PARTS:-checks phrases training}; do
    $part
done

heading "Done"
if [ ${#failed[@]} -gt 0 ]; then
    printf '%s parts failed:\n' "${#failed[@]}"
    printf '  %s\n' "${failed[@]}"
    exit 1
fi
echo "Everything that was tried holds; the report is in $out."
