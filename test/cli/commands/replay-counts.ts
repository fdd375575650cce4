/** Counts of a test stand in the place of these: more than one flag would mean more than one configuration. */
export const withCounts = (args: readonly string[]) =>
  args.includes('--counts') ? args : ['--counts', '2,0,9,0', ...args]
