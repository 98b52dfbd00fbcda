/** The name and version that traces and `--version` carry: those of package.json. */

import manifest from '../../package.json' with { type: 'json' };

export const product = `${manifest.name} ${manifest.version}`;
