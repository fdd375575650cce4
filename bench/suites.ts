/** The suites by name, in the order in which they run. Each is a file of suites/ with a function `run`. */

interface Suite {
  readonly what: string
  /** How long it takes, about. */
  readonly takes: string
  /** Runs only if it is named. */
  readonly onRequest?: true
  /** Reads /proc. */
  readonly linux?: true
}

const onRequest = true
const linux = true

export const SUITES: Readonly<Record<string, Suite>> = {
  process: { what: 'whole processes and imports', takes: '15 s' },
  lattice: { what: 'lattice kernels against their fallback, 10^9 configurations', takes: '15 s', linux },
  fluid: { what: 'the fluid bound against general solvers', takes: '15 s' },
  batching: { what: 'bound, search and replay with batches', takes: '4 min' },
  search: { what: 'branch and bound over 21^10 configurations', takes: '15 s' },
  cheapest: { what: 'the cheapest configurations for a target', takes: '30 s' },
  assignment: { what: 'the assignment kernel against scipy and two packages', takes: '1 min' },
  replay: { what: 'replays and allowable throughput', takes: '15 s' },
  plan: { what: 'plans over time', takes: '30 s' },
  serve: { what: 'live servers: against a replay, faults, overload', takes: '4 min', linux },
  proxies: { what: 'the router beside nginx and HAProxy', takes: '3 min', linux },
  policies: {
    what: 'policies against the published one; PARTS=best,all,wrong,bursts,surge',
    takes: '10 min',
    onRequest,
  },
  'light-load': { what: 'latency at a tenth of the bound', takes: '1 min', onRequest },
  decisions: {
    what: 'decisions on 10 to 10,000 instances; FLEETS=10,100,1000,10000',
    takes: '2 min',
    onRequest,
  },
  shards: { what: 'a fleet divided among processes', takes: '1 min', onRequest },
  parts: { what: 'merging the parts of a ranking', takes: '10 s', onRequest },
  queue: { what: 'jobs on workers beside threads; needs redis-server', takes: '2 min', onRequest },
  idle: { what: 'a router without requests', takes: '1 min', onRequest, linux },
  'batching-live': { what: 'joined requests on a live server', takes: '30 s', onRequest },
  fleet: { what: 'a router with 1,000 servers', takes: '1 min', onRequest },
  web: { what: 'the page in Chromium beside Node; needs chromium', takes: '1 min', onRequest },
  slots: { what: 'a server with four slots', takes: '3 min', onRequest },
  soak: {
    what: 'a router for minutes under load and overload; SOAK_MINUTES=10',
    takes: '13 min',
    onRequest,
    linux,
  },
  exhaustive: { what: 'searches with batches against measuring everything', takes: '3 min', onRequest },
  'batching-limit': { what: 'the best batched fleets against an ideal server', takes: '10 s', onRequest },
}
