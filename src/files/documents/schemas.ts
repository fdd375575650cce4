/**
 * The schema of every JSON format: types, checks, error messages and the published JSON Schema come from
 * here. The text of a field is its description and, behind "expected", the cure in an error.
 *
 * Loaded on demand: zod takes longer to load than most rankings take.
 */
import { z } from 'zod'
import { nearest } from '../../model/nearest.ts'
import { LEAST_PERCENTILE } from '../../model/workload.ts'

const PERCENTILE = `a percentile from ${LEAST_PERCENTILE} to 100`

// what a terminal would obey is no part of a name
const text = (what: string) =>
  z
    .string(what)
    .min(1, what)
    .regex(/^\P{Cc}*$/u, what)
    .describe(what)
const positive = (what: string) => z.number(what).positive(what).describe(what)
const count = (what: string) => z.int(what).nonnegative(what).describe(what)
const share = (what: string) => z.number(what).min(0, what).max(1, what).describe(what)
const list = <Item extends z.ZodType>(item: Item, what: string) => z.array(item, what).describe(what)
const record = <Value extends z.ZodType>(value: Value, what: string) =>
  z.record(z.string(), value, what).describe(what)

/** An object with these keys and no others; an unknown one is told what it may have been meant to be. */
function object<Shape extends z.ZodRawShape>(shape: Shape, what: string) {
  const keys = Object.keys(shape)
  return z
    .strictObject(shape, {
      error: (issue) => {
        if (issue.code !== 'unrecognized_keys') return what
        const meant = nearest((issue.keys as string[])[0], keys)
        return `${meant ? `did you mean "${meant}"? The` : 'the'} keys are ${keys.join(', ')}`
      },
    })
    .describe(what)
}

const workload = object(
  {
    model: text('the name of the model, a text'),
    latency: text('the path of a latency table (CSV), relative to this file'),
    mix: text('the path of a mix (CSV), relative to this file'),
    qosMs: positive('a latency target in milliseconds > 0'),
    percentile: z
      .number(PERCENTILE)
      .min(LEAST_PERCENTILE, PERCENTILE)
      .max(100, PERCENTILE)
      .describe(PERCENTILE),
  },
  'a workload: an object with model, latency, mix, qosMs and percentile',
)

const space = object(
  {
    types: list(
      object(
        {
          name: text('the name of an instance type, a text'),
          min: count('the smallest count, a whole number >= 0').optional(),
          max: count('the largest count, a whole number >= 0'),
          pricePerHour: positive('a price in dollars per hour > 0').optional(),
          base: z
            .boolean('true or false: whether this is the base type of the closed form')
            .describe('true or false: whether this is the base type of the closed form')
            .optional(),
        },
        'an instance type: an object with name and max, and optionally min, pricePerHour and base',
      ),
      'a list of instance types',
    ),
    budgetPerHour: positive('a budget in dollars per hour > 0'),
  },
  'a space: an object with types and budgetPerHour',
)

/** The published space, instance.json. */
const instance = object(
  {
    ins_types: list(text('the name of an instance type, a text'), 'a list of names of instance types'),
    max_num: list(count('the largest count, a whole number >= 0'), 'a list of largest counts'),
    price: list(positive('a price in dollars per hour > 0'), 'a list of prices').optional(),
    cost: positive('a budget in dollars per hour > 0'),
  },
  'a published space: an object with ins_types, max_num, price and cost',
)

/** The published profiles, allocator_profile.json. */
const profile = record(
  record(
    object(
      {
        qps: positive('queries a second > 0'),
        small_ratio: share('the share of small queries, from 0 to 1').optional(),
        vio_batch: positive('the cutoff, a batch size > 0').optional(),
        time_ratio: share("the share of the base's time spent on small queries, from 0 to 1").optional(),
        all_batch: record(positive('queries a second > 0'), 'queries a second by cutoff').optional(),
      },
      'a profile: an object with qps; an auxiliary type also has small_ratio, vio_batch, time_ratio and all_batch',
    ),
    'profiles by instance type',
  ),
  'profiles by model and instance type',
)

/** The published configuration, config.json. */
const counts = record(count('a count, a whole number >= 0'), 'counts by instance type')

const address = z
  .string('host:port')
  .regex(
    /^(\[[\da-f:.]+(%\w+)?\]|[\w.-]+):([1-9]\d{0,3}|[1-5]\d{4}|6([0-4]\d{3}|5([0-4]\d\d|5([0-2]\d|3[0-5]))))$/i,
    'an address, host:port',
  )
  .describe('an address, host:port')

/** The published list of servers, service_addr.json. */
const addresses = list(address, 'a list of addresses, host:port')

/** The servers of a router. */
const fleet = object(
  {
    servers: list(
      object(
        {
          address,
          type: text('the name of an instance type of the latency table, a text'),
          model: text('what the server calls the model, a text').optional(),
        },
        'a server: an object with address and type, and optionally model',
      ),
      'a list of servers',
    ),
  },
  'a fleet: an object with servers',
)

const byType = (what: string) => list(z.number(what).nonnegative(what), what)

/** A saved plan: what `kairos plan --format json` prints. Keys that a replay does not need are ignored. */
const plan = z
  .looseObject(
    {
      types: list(text('the name of an instance type, a text'), 'a list of names of instance types'),
      pricePerHour: byType('dollars per hour by type, numbers >= 0'),
      startDelayS: byType('seconds until an instance serves by type, numbers >= 0'),
      startFee: byType('dollars per start by type, numbers >= 0'),
      windowS: positive('the length of a window in seconds > 0'),
      cyclic: z
        .boolean('true or false: whether the plan repeats')
        .describe('true or false: whether the plan repeats'),
      windows: list(
        z
          .looseObject(
            { counts: list(count('a count, a whole number >= 0'), 'counts in the order of the types') },
            'a window: an object with counts',
          )
          .describe('a window: an object with counts'),
        'a list of windows',
      ),
    },
    'a plan, as kairos plan --format json prints it',
  )
  .describe('a plan, as kairos plan --format json prints it')

export const schemas = { workload, space, instance, profile, counts, addresses, fleet, plan }

/** What a document of each format holds once it is checked. */
export type Documents = { [Name in keyof typeof schemas]: z.infer<(typeof schemas)[Name]> }

/** The JSON Schema of each format. */
export function jsonSchemas(): Record<keyof typeof schemas, object> {
  return {
    workload: z.toJSONSchema(workload),
    space: z.toJSONSchema(space),
    instance: z.toJSONSchema(instance),
    profile: z.toJSONSchema(profile),
    counts: z.toJSONSchema(counts),
    addresses: z.toJSONSchema(addresses),
    fleet: z.toJSONSchema(fleet),
    plan: z.toJSONSchema(plan),
  }
}
