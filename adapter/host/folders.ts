/** Where on this computer a program keeps what it can make again. Nothing is made here: it only says where. */

import { homedir } from 'node:os';
import { join } from 'node:path';

/** What the folder depends on. */
export interface Surroundings {
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly platform: string;
  readonly home: string;
}

/**
 * The folder of caches: CHRONOVISOR_CACHE, or one of our own in the user's (XDG Base Directory Specification; Apple's File
 * System Programming Guide; Windows' known folder LocalAppData). Nothing when the variable is set to nothing.
 */
export const cacheFolder = ({ environment, platform, home }: Surroundings = thisComputer()): string | undefined => {
  const { CHRONOVISOR_CACHE: own, XDG_CACHE_HOME: xdg, LOCALAPPDATA: local } = environment;
  if (own !== undefined) return own === '' ? undefined : own;
  // "All paths set in these environment variables must be absolute. If [...] relative, consider the path invalid."
  if (xdg?.startsWith('/') === true) return join(xdg, 'chronovisor');
  if (platform === 'win32' && local !== undefined && local !== '') return join(local, 'chronovisor', 'cache');
  if (home === '') return undefined;
  if (platform === 'darwin') return join(home, 'Library', 'Caches', 'chronovisor');
  return join(home, '.cache', 'chronovisor');
};

const thisComputer = (): Surroundings => ({
  environment: process.env,
  platform: process.platform,
  home: homedir(),
});
