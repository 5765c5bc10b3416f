# Sourced: `start_simulator` serves the sample market on a free loopback port for all clients.
# The clock is fixed where the published figures end.

start_simulator() {
    export MARKETLAKE_HOME="$PWD/.marketlake/sample" MARKETLAKE_NOW=2026-01-02T12:00Z
    unset MARKETLAKE_LAKE MARKETLAKE_SOURCE_URL
    mkdir -p "$MARKETLAKE_HOME"
    [ -f "$MARKETLAKE_HOME/instruments.toml" ] || marketlake init "$MARKETLAKE_HOME" --sample
    address=.marketlake/simulator.address
    rm -f "$address"
    marketlake simulate --market sample --now "$MARKETLAKE_NOW" --port 0 --port-file "$address" \
        >.marketlake/simulator.log 2>&1 &
    simulator=$!
    trap stop_simulator EXIT
    trap 'exit 130' INT
    trap 'exit 143' TERM HUP
    waited=0
    until [ -s "$address" ]; do
        if [ "$waited" -ge 300 ] || ! kill -0 "$simulator" 2>/dev/null; then
            echo "The simulator did not start:" >&2
            tail -n 5 .marketlake/simulator.log >&2
            exit 1
        fi
        sleep 0.1
        waited=$((waited + 1))
    done
    MARKETLAKE_SOURCE_URL=$(cat "$address")
    export MARKETLAKE_SOURCE_URL
    echo "== simulated market at $MARKETLAKE_SOURCE_URL (log: .marketlake/simulator.log)"
}

stop_simulator() {
    trap - EXIT
    kill "$simulator" 2>/dev/null || true
    wait "$simulator" 2>/dev/null || true
}
