/**
 * The page that a trace is shown as, as HTML. All text that comes from the trace is escaped, so that it can be nothing but
 * text; the one script of the page has the nonce, and nothing is loaded from anywhere.
 */

import { count, plural } from '../position-text.ts';
import { happenedOf } from './happened.ts';
import { bytesText, escaped } from './html.ts';
import { endWords, partsOf, type TraceSummary } from './summary.ts';

export type PageState =
  | { readonly kind: 'reading' }
  | { readonly kind: 'damaged'; readonly message: string; readonly salvaged: boolean }
  | { readonly kind: 'trace'; readonly summary: TraceSummary };

export type Verification =
  | { readonly kind: 'not yet' }
  | { readonly kind: 'running' }
  | { readonly kind: 'equal'; readonly text: string }
  | { readonly kind: 'failed'; readonly text: string };

export interface Page {
  readonly name: string;
  readonly nonce: string;
  readonly state: PageState;
  readonly verification: Verification;
  /** Whether a guest may be run: not in a workspace that is not trusted. */
  readonly mayRun: boolean;
}

const pageCommands = ['start', 'end', 'panic', 'verify', 'cancel', 'salvage', 'trust'] as const;
export type PageCommand = (typeof pageCommands)[number];

/** Which messages the page sends: a command, or the moment to open the recording at. */
export type PageMessage = PageCommand | { readonly moment: number };

export const pageMessageOf = (value: unknown): PageMessage | undefined => {
  if (typeof value !== 'object' || value === null || !('command' in value)) return undefined;
  const { command } = value;
  if (command !== 'moment') return pageCommands.find((known) => known === command);
  const moment = 'moment' in value ? value.moment : undefined;
  return Number.isSafeInteger(moment) && (moment as number) >= 0 ? { moment: moment as number } : undefined;
};

export const pageOf = (page: Page): string => `<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'nonce-${page.nonce}'; script-src 'nonce-${page.nonce}'">
<meta name="viewport" content="width=device-width">
<title>${escaped(page.name)}</title>
<style nonce="${page.nonce}">${style}</style>
</head>
<body>
<h1>${escaped(page.name)}</h1>
${bodyOf(page)}
<script nonce="${page.nonce}">${script}</script>
</body>
</html>`;

const bodyOf = (page: Page): string => {
  const { state } = page;
  if (state.kind === 'reading') return '<p role="status">Reading...</p>';
  if (state.kind === 'damaged') {
    const again = state.salvaged ? '' : button('salvage', 'Read What Stands Before the Damage');
    return `<div class="problem" role="alert">${escaped(state.message)}</div><p>${again}</p>`;
  }
  return traceOf(state.summary, page);
};

const traceOf = (summary: TraceSummary, page: Page): string => {
  const { machine, steps, digests, events, damage, createdBy, formatVersion } = summary;
  const inputs = Object.entries(events).map(([kind, number]) => `${count(number)} ${kind}`);
  const facts: (readonly [string, string])[] = [
    ['Length', `${count(steps)} steps`],
    ['Ended', endWords(summary)],
    ['Machine', `${machine.board}, ${plural(machine.harts, 'hart')}, ${bytesText(machine.ramBytes)} of RAM`],
    ['Firmware', machine.bios === 'default' ? 'the SBI inside the VMM' : machine.bios],
    ...(machine.append === '' ? [] : [['Command line', machine.append] as const]),
    [
      'Devices',
      machine.devices.map(({ kind, slot }) => `${kind} in slot ${slot}`).join(', ') || 'none besides the board',
    ],
    ['Time', `${machine.timePolicy}; idle time: ${machine.idlePolicy}`],
    ['Inputs', inputs.join(', ') || 'none: the run is the same each time'],
    ['Digests', `${count(digests)}, every ${count(machine.digestStride)} steps`],
    ['Recorded by', `${createdBy}, format ${formatVersion}`],
  ];
  return `${damage === undefined ? '' : `<div class="problem" role="alert">${escaped(damage)}</div>`}
${actionsOf(page)}
<table class="facts">${facts.map(([name, value]) => `<tr><th scope="row">${name}</th><td>${escaped(value)}</td></tr>`).join('')}</table>
${happenedOf(summary, page.mayRun)}
${imagesOf(summary)}
${sizesOf(summary)}`;
};

const actionsOf = ({ verification, mayRun }: Page): string => {
  if (!mayRun) {
    return `<p>This workspace is not trusted, so its guests are not run. ${button('trust', 'Trust It...')}</p>`;
  }
  const buttons = [
    button('end', 'Debug From the End', 'first'),
    button('panic', 'From the Last Panic'),
    button('start', 'From the Start'),
    verification.kind === 'running' ? button('cancel', 'Cancel the Verification') : button('verify', 'Verify'),
  ];
  return `<p class="actions">${buttons.join(' ')}</p>${verificationOf(verification)}`;
};

const verificationOf = (verification: Verification): string => {
  switch (verification.kind) {
    case 'not yet':
      return '';
    case 'running':
      return '<p role="status"><progress id="verified" max="1" aria-label="Verified"></progress> <span id="share">Replaying and comparing...</span></p>';
    case 'equal':
      return `<p role="status" class="equal">&#10003; ${escaped(verification.text)}</p>`;
    case 'failed':
      return `<div class="problem" role="alert">${escaped(verification.text)}</div>`;
  }
};

const imagesOf = ({ images }: TraceSummary): string => {
  if (images.length === 0) return '';
  const rows = images.map(
    ({ role, name, sizeBytes, embedded, digest }) =>
      `<tr><td>${escaped(role)}</td><td>${escaped(name)}</td><td class="number">${bytesText(sizeBytes)}</td><td>${embedded ? 'in the trace' : 'not in the trace'}</td><td class="digest">${escaped(digest.slice(0, 23))}</td></tr>`,
  );
  return `<h2>Images</h2>
<table><tr><th scope="col">Image</th><th scope="col">File</th><th scope="col">Size</th><th scope="col">Bytes</th><th scope="col">Digest</th></tr>${rows.join('')}</table>`;
};

const sizesOf = (summary: TraceSummary): string => {
  const all = Math.max(1, summary.sizes.fileBytes);
  const rows = partsOf(summary).map(
    ([name, bytes]) =>
      `<tr><th scope="row">${name}</th><td class="number">${bytesText(bytes)}</td><td><meter min="0" max="${all}" value="${bytes}" aria-label="${name}"></meter></td><td class="number">${((bytes / all) * 100).toFixed(bytes / all < 0.01 ? 2 : 0)} %</td></tr>`,
  );
  return `<h2>Size: ${bytesText(summary.sizes.fileBytes)}</h2><table>${rows.join('')}</table>`;
};

const button = (command: PageCommand, label: string, kind = ''): string =>
  `<button data-command="${command}" class="${kind}">${label}</button>`;

const style = `
body { padding: 0 2em 2em; max-width: 60em; color: var(--vscode-foreground); font: var(--vscode-font-size) var(--vscode-font-family); }
h1 { font-size: 1.6em; font-weight: 600; overflow-wrap: anywhere; }
h2 { font-size: 1.1em; margin-top: 2em; }
table { border-collapse: collapse; }
th { text-align: left; font-weight: 600; vertical-align: top; }
th, td { padding: 0.25em 1.5em 0.25em 0; overflow-wrap: anywhere; }
td.number { text-align: right; white-space: nowrap; }
td.digest { font-family: var(--vscode-editor-font-family); opacity: 0.8; }
.facts th { white-space: nowrap; color: var(--vscode-descriptionForeground); }
.actions { display: flex; flex-wrap: wrap; gap: 0.6em; }
button { font: inherit; padding: 0.45em 1em; border: 1px solid var(--vscode-button-border, transparent); border-radius: 2px; cursor: pointer;
  color: var(--vscode-button-secondaryForeground); background: var(--vscode-button-secondaryBackground); }
button:hover { background: var(--vscode-button-secondaryHoverBackground); }
button.first { color: var(--vscode-button-foreground); background: var(--vscode-button-background); }
button.first:hover { background: var(--vscode-button-hoverBackground); }
button.moment { padding: 0.1em 0.5em; }
button:focus-visible { outline: 1px solid var(--vscode-focusBorder); outline-offset: 2px; }
.problem { padding: 0.8em 1em; border: 1px solid var(--vscode-inputValidation-errorBorder); background: var(--vscode-inputValidation-errorBackground); overflow-wrap: anywhere; }
.equal { color: var(--vscode-testing-iconPassed); }
meter { width: 16em; height: 0.7em; appearance: none; }
meter::-webkit-meter-bar { height: 0.7em; border: none; border-radius: 2px; background: var(--vscode-input-background, #8884); }
meter::-webkit-meter-optimum-value { border-radius: 2px; background: var(--vscode-progressBar-background); }
`;

const script = `
const host = acquireVsCodeApi();
document.addEventListener('click', (event) => {
  const data = event.target instanceof Element ? event.target.closest('[data-command]')?.dataset : undefined;
  if (data !== undefined) host.postMessage({ command: data.command, moment: Number(data.moment) });
});
window.addEventListener('message', ({ data }) => {
  const bar = document.getElementById('verified');
  if (bar === null || typeof data?.done !== 'number') return;
  bar.value = data.done;
  document.getElementById('share').textContent = Math.floor(data.done * 100) + ' %';
});
document.querySelector('button.first')?.focus();
`;
