/** What seats do for questions about memory: find the writes to some ranges, and say what an address means at a moment. */

import { hostOffset } from '../../vmm/machine/memory.ts';
import { pte } from '../../vmm/machine/mmu.ts';
import type { WatchStop } from '../../vmm/machine/stops.ts';
import type { WatchRange } from '../../vmm/machine/translations.ts';
import { currentHart } from '../dap/stops.ts';
import type { Job } from '../farm/job.ts';
import type { Place } from './answer.ts';
import { placeAt } from './places.ts';
import { bytesIn, type Meaning, meaningIn, type SubjectPlace } from './subject.ts';

export interface WritesPlan {
  readonly data: readonly WatchRange[];
  /** Entries of page tables whose change is to be found, too. */
  readonly entries: readonly number[];
  /** `last`: nothing but the last thing that happened in the interval is of use; `first` the same. */
  readonly keep: 'all' | 'last' | 'first';
}

export interface WriteFound {
  /** `data`: bytes of the data were written; `entry`: another translation may hold from here on. */
  readonly what: 'data' | 'entry';
  readonly place: Place;
  readonly before: Uint8Array;
  readonly after: Uint8Array;
}

const entryBytes = 8;

/** What of an entry decides where it leads (Privileged 4.3.1): not the bits that say who may and who did. */
const leads = ~BigInt(pte.a | pte.d | pte.u | pte.w | 0x20 | 0x300);

export const writesJob: Job<WritesPlan, readonly WriteFound[]> = {
  name: 'writes',
  *work(seat, { data, entries, keep }, interval) {
    const { target } = seat;
    const { machine, timeline } = target;
    const watch = [...data, ...entries.map((address) => ({ address, sizeBytes: entryBytes }))];
    const found: WriteFound[] = [];
    const leadsTo = (): string =>
      entries.map((address) => machine.memory.u64[hostOffset(address) >>> 3]! & leads).join();
    let [bytes, to] = [bytesIn(machine, data), leadsTo()];
    const look = (stop: WatchStop | undefined): void => {
      const [before, ledTo] = [bytes, to];
      bytes = bytesIn(machine, data);
      to = leadsTo();
      const isData = stop === undefined ? !same(before, bytes) : stop.accesses.some((one) => overlaps(one, data));
      const what = isData ? 'data' : to === ledTo ? undefined : 'entry';
      if (what === undefined) return;
      if (keep === 'last') found.length = 0;
      const hart = stop === undefined ? currentHart(machine) : machine.harts[stop.hart]!;
      // The state now is the first that has it: it belongs to the step that led here, or to what was between that and its neighbours.
      const at = timeline.now - 1;
      const place = stop?.pc === undefined ? { moment: at, hart: hart.id } : placeAt(target, hart, at, stop.pc);
      found.push({ what, place, before, after: bytes });
    };
    yield* seat.scan(
      interval,
      () => ({ watch }),
      () => keep === 'first' && found.length > 0,
      // Bytes that changed without a write of a step are those of an input.
      (stop) => look(stop.reason === 'watch' ? stop : undefined),
    );
    return found;
  },
};

const same = (one: Uint8Array, other: Uint8Array): boolean => one.every((byte, at) => byte === other[at]);

const overlaps = (one: WatchRange, data: readonly WatchRange[]): boolean =>
  data.some(({ address, sizeBytes }) => one.address < address + sizeBytes && address < one.address + one.sizeBytes);

/** What an address means in the state at the beginning of an interval. */
export const meaningJob: Job<SubjectPlace, Meaning> = {
  name: 'meaning',
  // biome-ignore lint/correctness/useYield: the seat stands where it is to look
  *work({ target: { machine } }, subject) {
    return meaningIn(machine, currentHart(machine), subject);
  },
};
