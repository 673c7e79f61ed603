#!/bin/sh
# Starts cfm with the Node that came with it. What could load code into Node is cleared: this may run as root.
unset NODE_OPTIONS NODE_PATH NODE_EXTRA_CA_CERTS NODE_REPL_EXTERNAL_MODULE NODE_V8_COVERAGE NODE_COMPILE_CACHE
here=$(dirname -- "$(readlink -f -- "$0")")
exec "$here/../node/node" "$here/run.cjs" "$@"
