import { expect, test } from 'vitest'
import type { Explanation, TypeExplanation } from '../../../src/model/results/explanation.ts'
import { explanationText } from '../../../src/report/allocation/explanation.ts'
import { styles } from '../../../src/report/columns.ts'

const bins = Array.from({ length: 12 }, (_, i) => ({ from: 80 * i + 10, to: 80 * i + 40, share: 0.865 }))

const typeOf = (name: string, batches?: TypeExplanation['batches']): TypeExplanation => ({
  ...{ name, count: 2, oneMoreQps: 15.3, oneMoreQpsPerDollar: 29, marginalQps: 15.3 },
  ...{ utilisation: 1, queries: 0.5, bins, ...(batches && { batches }) },
})

const violations = { share: 0.01, allowed: 0.01, onePointMoreQps: 0.000696, marginalQpsPerPoint: 0.0007 }

const single: Explanation = {
  ...{ counts: [2, 2], costPerHour: 2.4, bound: 119.4, violations },
  types: ['g4dn.xlarge', 'r5n.large'].map((name) => typeOf(name)),
}

const batched: Explanation = {
  ...single,
  types: single.types.map(({ name }) =>
    typeOf(
      name,
      [850, 860, 870].map((size) => ({ size, queries: 1 / 3 })),
    ),
  ),
}

function lines(result: Explanation, room?: number, color = false): string[] {
  return explanationText(result, 'table', color, room).split('\n')
}

const header = (all: readonly string[]) => all[2].split(/ {2,}/)

test('shows all gains where there is room, each with its meaning', () => {
  const all = lines(batched)
  expect(header(all).slice(4)).toEqual([
    ...['+1 gains', 'per $', 'marginal'],
    ...['batch sizes, share of them', 'served in batches of'],
  ])
  expect(all.join(' ')).toContain('; per $: that gain divided by the price; marginal: the dual of the linear')
})

test.each([
  ['', 118, single, ['+1 gains', 'per $', 'marginal']],
  ['', 80, single, ['+1 gains', 'per $']],
  ['', 60, single, []],
  [' with batches', 118, batched, ['+1 gains', 'per $', 'marginal']],
  [' with batches', 100, batched, ['+1 gains', 'per $']],
  [' with batches', 75, batched, []],
] as const)(
  'wraps sizes%s, and leaves out gains, in lines of %s characters',
  async (_what, room, result, gains) => {
    const [, ...all] = lines(result, room)
    for (const line of all) expect(line.length).toBeLessThanOrEqual(room)
    const shown = ['+1 gains', 'per $', 'marginal']
    const text = all.join('\n')
    const notes = all.join(' ')
    for (const name of shown) {
      const isShown = (gains as readonly string[]).includes(name)
      expect(all[1].includes(name)).toBe(isShown)
      expect(notes.includes(`${name}: `)).toBe(isShown)
    }
    // nothing of the sizes is lost
    for (const { from, to } of bins) expect(text.match(new RegExp(`\\b${from}–${to} ?`, 'g'))).toHaveLength(2)
  },
)

test.each([
  ['and what one point more would gain', 12.5, '; one point more would gain 12.5 q/s.'],
  ['and nothing more where one point more gains nothing', 0, '.'],
])('says how many queries are late and may be, %s', async (_what, onePointMoreQps, end) => {
  const all = lines({ ...single, violations: { ...violations, share: 0.004, onePointMoreQps } })
  expect(all).toContain(`0.40% of queries are late under this routing, 1.00% may be${end}`)
})

test.each([Infinity, 120, 80, 60])('a line of %s characters has a size beside its share', async (room) => {
  const sizes = [850, 860, 870, 880].map((size) => ({ size, queries: 0.25 }))
  const all = lines({ ...single, types: [typeOf('gpu', sizes)] }, room)
  const text = all.join('\n')
  expect(text.match(/\d+–\d+ \(86\.5%\)/g)).toHaveLength(bins.length)
  expect(text.match(/ \d+ \(25\.0%\)/g)).toHaveLength(sizes.length)
  expect(text).not.toContain('\u00a0')
})

test('divides a size and its share where a line is too short for both', () => {
  const long = [{ from: 1_000_000, to: 2_000_000, share: 0.5 }]
  const all = lines({ ...single, types: [{ ...typeOf('gpu'), bins: long }] }, 50)
  expect(all[4].endsWith('  1000000–2000000')).toBe(true)
  expect(all[5].trim()).toBe('(50.0%)')
})

test('each line of a heading of several lines is bold by itself', () => {
  const { bold } = styles(true)
  const all = lines(single, 80, true)
  expect(all[2].endsWith(`  ${bold('batch sizes, share')}`)).toBe(true)
  expect(all[3].trimStart()).toBe(bold('of them'))
})
