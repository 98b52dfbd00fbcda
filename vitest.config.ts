import { defineConfig } from 'vitest/config';

// Two kinds of tests: `*.test.ts` need nothing but Node; `*.debian.ts` need Debian packages (QEMU, gdb,
// binutils, cross compilers) and run through the npm script `test:debian`.
export default defineConfig({
  test: {
    include: process.env.CHRONOVISOR_TESTS === 'debian' ? ['test/**/*.debian.ts'] : ['test/**/*.test.ts'],
    testTimeout: 120_000,
    hookTimeout: 120_000,
    pool: 'forks',
  },
});
