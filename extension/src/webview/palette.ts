/** The colours of the person's theme, read anew when it changes. */

import type { Palette } from '../views/timeline/paint.ts';

/** Theme colours by what they are for; a theme may lack the first, as high contrast does. */
// biome-ignore format: a table
const variables: Readonly<Record<Exclude<keyof Palette, 'font'>, readonly string[]>> = {
  text:       ['--vscode-foreground'],
  faint:      ['--vscode-descriptionForeground', '--vscode-foreground'],
  line:       ['--vscode-editorIndentGuide-background1', '--vscode-panel-border', '--vscode-contrastBorder'],
  focus:      ['--vscode-focusBorder', '--vscode-foreground'],
  now:        ['--vscode-debugIcon-breakpointCurrentStackframeForeground', '--vscode-charts-yellow'],
  user:       ['--vscode-charts-blue'],
  supervisor: ['--vscode-charts-green'],
  machine:    ['--vscode-charts-orange'],
  exception:  ['--vscode-charts-red'],
  interrupt:  ['--vscode-charts-purple'],
  console:    ['--vscode-charts-yellow'],
  space:      ['--vscode-terminal-ansiCyan', '--vscode-charts-blue'],
  mark:       ['--vscode-charts-foreground', '--vscode-foreground'],
};

export const readPalette = (): Palette => {
  const style = getComputedStyle(document.documentElement);
  const colour = (names: readonly string[]): string =>
    names.map((name) => style.getPropertyValue(name).trim()).find((value) => value !== '') ?? style.color;
  const colours = Object.fromEntries(Object.entries(variables).map(([use, names]) => [use, colour(names)]));
  const size = style.getPropertyValue('--vscode-font-size').trim() || '13px';
  const family = style.getPropertyValue('--vscode-font-family').trim() || 'sans-serif';
  return { ...colours, font: `${Math.max(10, Number.parseFloat(size) - 2)}px ${family}` } as Palette;
};

/** VS Code tells a page of a new theme by the class of its body and the style of its root. */
export const onThemeChange = (changed: () => void): void => {
  const observer = new MutationObserver(changed);
  observer.observe(document.body, { attributes: true, attributeFilter: ['class'] });
  observer.observe(document.documentElement, { attributes: true, attributeFilter: ['style'] });
};
