/** The values of -drive, -device and -global: what is attached to the board. */

import { badValue, missingProperty, twice } from './errors.ts';
import type { Draft } from './option-draft.ts';
import { onlyKnown, properties, switchOf, wholeNumber } from './option-values.ts';

export const useDrive = 'Use -drive file=FILE,if=none,format=raw,id=x0 -device virtio-blk-device,drive=x0';

export const takeDrive = (draft: Draft, value: string, option: string): void => {
  const found = properties(option, value);
  const ineffective = [
    'cache',
    'aio',
    'media',
    'discard',
    'detect-zeroes',
    'snapshot',
    'cache.direct',
    'werror',
    'rerror',
  ];
  onlyKnown(option, found, ['file', 'if', 'format', 'id', 'readonly', 'read-only', ...ineffective]);
  const file = found.get('file');
  if (file === undefined || file === '') throw missingProperty(option, 'file', 'Name the disk image');
  if (found.get('if') !== 'none') throw badValue(`${option} if=`, 'none', found.get('if') ?? 'nothing', useDrive);
  const format = found.get('format') ?? 'raw';
  if (format !== 'raw') {
    throw badValue(`${option} format=`, 'raw', format, `Convert it: qemu-img convert -O raw ${file} disk.img`);
  }
  const id = found.get('id');
  if (id === undefined) throw missingProperty(option, 'id', useDrive);
  if (draft.drives.has(id)) throw twice(`${option} id=${id}`, 'drive of each id');
  const readOnly = found.get('readonly') ?? found.get('read-only');
  draft.drives.set(id, { file, readOnly: readOnly !== undefined && switchOf(`${option} readonly=`, readOnly) });
};

export const takeDevice = (draft: Draft, value: string, option: string): void => {
  const found = properties(option, value, 'driver');
  const driver = found.get('driver') ?? '';
  const name = `${option} ${driver}`;
  switch (driver) {
    case 'virtio-blk-device': {
      onlyKnown(name, found, ['driver', 'drive', 'bus', 'id', 'scsi']);
      const drive = found.get('drive');
      if (drive === undefined) throw missingProperty(name, 'drive', useDrive);
      draft.devices.push({ kind: 'virtio-blk', slot: slotOf(name, found.get('bus')), drive });
      return;
    }
    case 'virtio-rng-device':
      onlyKnown(name, found, ['driver', 'bus', 'id', 'rng']);
      draft.devices.push({ kind: 'virtio-rng', slot: slotOf(name, found.get('bus')), drive: undefined });
      return;
    case 'loader': {
      onlyKnown(name, found, ['driver', 'file', 'addr', 'force-raw', 'id']);
      const file = found.get('file');
      if (file === undefined) throw missingProperty(name, 'file', 'Name the file to load');
      const address = found.get('addr');
      draft.loaders.push({
        file,
        address: address === undefined ? undefined : wholeNumber(`${name} addr=`, address, 0, Number.MAX_SAFE_INTEGER),
      });
      return;
    }
    default: {
      const known = ['virtio-blk-device', 'virtio-rng-device', 'loader'];
      const near = /^virtio-(blk|rng)/.exec(driver)?.[0];
      const remedy = near === undefined ? 'Leave it out: this machine has no such device' : `Say ${near}-device`;
      throw badValue(option, known.join(', '), driver, remedy);
    }
  }
};

const slotOf = (name: string, bus: string | undefined): number | undefined => {
  if (bus === undefined) return undefined;
  const match = /^virtio-mmio-bus\.([0-7])$/.exec(bus);
  if (match === null) throw badValue(`${name} bus=`, 'virtio-mmio-bus.0 to virtio-mmio-bus.7', bus);
  return Number(match[1]);
};

export const takeGlobal = (draft: Draft, value: string, option: string): void => {
  const found = properties(option, value);
  const longForm = found.get('driver') === 'virtio-mmio' && found.get('property') === 'force-legacy';
  const legacy = longForm ? found.get('value') : found.get('virtio-mmio.force-legacy');
  if (legacy === undefined || found.size !== (longForm ? 3 : 1)) {
    throw badValue(
      option,
      'virtio-mmio.force-legacy=true or =false',
      value,
      'Leave it out: no other device has such properties',
    );
  }
  draft.virtioLegacy = switchOf(`${option} virtio-mmio.force-legacy=`, legacy);
};
