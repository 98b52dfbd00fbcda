/** How long this program has computed. In a browser: web/processor-time.ts. */

/** Seconds that all of its threads together have run, without those that the system worked for them. */
export const processorSeconds = (): number => process.cpuUsage().user / 1e6;
