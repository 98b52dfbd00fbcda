/** The values of -machine, -cpu and -icount. Board and harts are what they are, so of the first two it is only checked what is asked. */

import { timebaseHz } from '../../vmm/machine/platform.ts';
import { badValue } from './errors.ts';
import type { Draft } from './option-draft.ts';
import { onlyKnown, properties, switchOf } from './option-values.ts';

export const takeBoard = (value: string, option: string): void => {
  const found = properties(option, value, 'type');
  onlyKnown(option, found, ['type', 'accel', 'aclint', 'aia', 'acpi']);
  const board = found.get('type') ?? 'virt';
  if (board !== 'virt')
    throw badValue(option, 'virt', board, 'Build the kernel for the virt board, and say -machine virt');
  const fixed = { accel: 'tcg', aclint: 'off', aia: 'none', acpi: 'off' };
  for (const [name, only] of Object.entries(fixed)) {
    const asked = found.get(name);
    if (asked !== undefined && asked !== only) {
      throw badValue(`${option} virt,${name}=`, only, asked, 'Leave it out: the board has a CLINT and a PLIC');
    }
  }
};

/** Properties of -cpu that are not switches; versions and vector lengths ask for nothing that can be had. */
const notFeatures = ['model', 'vlen', 'elen', 'vext_spec', 'priv_spec'];

const cpuHas = 'i m a f d c s u zicsr zifencei zicntr zba zbb zbs sstc mmu pmp sv39 sv48'.split(' ');

export const takeCpu = (value: string, option: string): void => {
  const found = properties(option, value, 'model');
  const model = found.get('model') ?? 'rv64';
  if (model !== 'rv64' && model !== 'max' && model !== 'any') {
    throw badValue(option, 'rv64, max or any', model, 'Say -cpu rv64, or leave it out');
  }
  for (const [name, text] of found) {
    if (notFeatures.includes(name)) continue;
    const has = cpuHas.includes(name.toLowerCase());
    if (switchOf(`${option} ${name}=`, text) !== has) {
      const remedy = has ? 'Leave it out: a kernel that does without it still runs' : 'Build the kernel without it';
      throw badValue(`${option} ${name}=`, has ? 'true' : 'false', text, remedy);
    }
  }
};

/** Steps take 2^shift ns, and a tick of the clock 100: of all shifts that QEMU takes these are those at which a tick is a whole number of steps. */
export const takeCounting = (draft: Draft, value: string, option: string): void => {
  const found = properties(option, value, 'shift');
  onlyKnown(option, found, ['shift', 'align', 'sleep']);
  const shift = found.get('shift') ?? '';
  if (!/^[012]$/.test(shift)) {
    const remedy = 'Leave it out: a step takes 1 ns then; time is counted in steps in any case';
    throw badValue(`${option} shift=`, 'from 0 to 2', shift, remedy);
  }
  if (switchOf(`${option} align=`, found.get('align') ?? 'off'))
    throw badValue(
      `${option} align=`,
      'off',
      'on',
      "Leave it out, or let the guest's clock follow the host's: --time host",
    );
  draft.stepsPerTick = 1e9 / timebaseHz / 2 ** Number(shift);
};
