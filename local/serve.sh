# Sourced by the scripts that call the local server from outside: starts `cargo run` on tables in memory, sets `issuer` to its
# URL, and ends it with the script.
started=$(mktemp)
(cd .. && exec cargo run --locked --quiet -- --memory --port 0) >/dev/null 2>"$started" &
server=$!
trap 'kill "$server" 2>/dev/null || true; wait "$server" 2>/dev/null || true; rm -f "$started"' EXIT
issuer=
while [ -z "$issuer" ]; do
    kill -0 "$server" 2>/dev/null || { cat "$started"; exit 1; }
    sleep 0.2
    issuer=$(sed -n 's/^Latchkey is ready at \([^ ]*\).*/\1/p' "$started")
done
