/**
 * The fields that schemas of documents are made of. The text of a field is its description in the JSON Schema and,
 * after "expected", the cure in an error.
 *
 * Loaded when a document is checked: loading zod takes longer than most rankings.
 */
import * as z from 'zod'
import { ADDRESS, expectedAddress, isAddress } from '../../model/fleet/fleet.ts'
import { MAX_SLOTS } from '../../model/fleet/space.ts'
import { nearest } from '../../model/nearest.ts'

export { toJSONSchema } from 'zod'

/** A text that is not empty and has no control characters, which a terminal would execute. */
export const text = (what: string) =>
  z
    .string(what)
    .min(1, what)
    .regex(/^\P{Cc}*$/u, what)
    .describe(what)

export const nonnegative = (what: string) => z.number(what).nonnegative(what).describe(what)
export const positive = (what: string) => z.number(what).positive(what).describe(what)
export const between = (least: number, most: number, what: string) =>
  z.number(what).min(least, what).max(most, what).describe(what)
export const count = (what: string) => z.int(what).nonnegative(what).describe(what)
export const whole = (least: number, most: number, what: string) =>
  z.int(what).min(least, what).max(most, what).describe(what)
export const choice = <Name extends string>(names: readonly Name[], what: string) =>
  z.enum(names, what).describe(what)
export const flag = (what: string) => z.boolean(what).describe(what)

export const model = () => text('the name of the model, a text')
export const typeName = () => text('the name of an instance type, a text')
export const typeNames = () => list(typeName(), 'a list of names of instance types')
export const countsByType = (what: string) => list(count('a count, a whole number >= 0'), what)
export const slots = (what: string) => whole(1, MAX_SLOTS, `${what}, a whole number from 1 to ${MAX_SLOTS}`)
export const slotsByType = () => list(slots('slots'), 'slots of an instance by type')
export const latencyTarget = () => positive('a latency target in milliseconds > 0')

export const address = () =>
  z
    .string('host:port')
    .regex(ADDRESS, { error: ({ input }) => `an address, ${expectedAddress(input)}` })
    .refine(isAddress, 'an address, host:port')
    .describe('an address, host:port')

export const list = <Item extends z.ZodType>(item: Item, what: string) => z.array(item, what).describe(what)

/** An object with these keys, whose other keys are ignored. */
export const looseObject = <Shape extends z.ZodRawShape>(shape: Shape, what: string) =>
  z.looseObject(shape, what).describe(what)

/** A value of one of two kinds. */
export const either = <One extends z.ZodType, Other extends z.ZodType>(
  one: One,
  other: Other,
  what: string,
) => z.union([one, other], what).describe(what)

/** An object with any keys. */
export const record = <Value extends z.ZodType>(value: Value, what: string) =>
  z.record(z.string(), value, what).describe(what)

/** An object with these keys and no others. For an unknown key, the error names the nearest one. */
export function object<Shape extends z.ZodRawShape>(shape: Shape, what: string) {
  const keys = Object.keys(shape)
  return z
    .strictObject(shape, {
      error: (issue) => {
        if (issue.code !== 'unrecognized_keys') return what
        const [key] = issue.keys as string[]
        // { pricePerHour: 0,8 } is read as pricePerHour: 0 and the key 8
        if (/^\d+$/.test(key)) return `write numbers with a decimal point; the keys are ${keys.join(', ')}`
        const meant = nearest(key, keys) ?? longerKey(key, keys)
        return `${meant ? `did you mean "${meant}"? The` : 'the'} keys are ${keys.join(', ')}`
      },
    })
    .describe(what)
}

/** Fewer letters begin a key by chance. */
const FEWEST_LETTERS = 3

/** The only key that begins with the first word of another: pricePerHour for price, budgetPerHour for budget_usd. */
function longerKey(key: string, keys: readonly string[]): string | undefined {
  const [start] = key.toLowerCase().split(/[^a-z]/)
  if (start.length < FEWEST_LETTERS) return undefined
  const found = keys.filter((known) => known.toLowerCase().startsWith(start))
  return found.length === 1 ? found[0] : undefined
}
