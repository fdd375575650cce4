import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    root: new URL('..', import.meta.url).pathname,
    include: ['test/**/*.test.ts'],
    testTimeout: 120_000,
    // live servers are tested in real time, on machines that others use too
    retry: process.env.CI ? 2 : 0,
    coverage: { include: ['src/**'] },
  },
})
