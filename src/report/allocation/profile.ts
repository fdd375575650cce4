import type { Space } from '../../model/fleet/space.ts'
import type { Profile, TypeProfile } from '../../model/workload/profile.ts'
import { inColumns, styles } from '../columns.ts'
import { type Cell, csvText } from '../csv.ts'
import { jsonText } from '../json.ts'
import { formatRate, percent } from '../numbers.ts'

const HEADER = ['model', 'instance_type', 'cutoff', 'small_share', 'time_share', 'up_to', 'qps']

/** The derived inputs of the closed form, one row per model, type and cutoff. Rates are those of one slot. */
export async function* profileText(
  profiles: ReadonlyMap<string, Profile>,
  space: Space,
  format: string,
  color: boolean,
): AsyncGenerator<string> {
  if (format === 'json') {
    const plain = (type: TypeProfile) =>
      type.auxiliary
        ? {
            qps: type.qps,
            ...type.auxiliary,
            rates: [...type.auxiliary.rates].map(([upTo, qps]) => ({ upTo, qps })),
          }
        : type
    const models = [...profiles].map(([model, types]) => ({
      model,
      types: [...types].map(([name, type]) => ({ name, ...plain(type) })),
    }))
    yield jsonText({ models })
    return
  }
  if (format === 'csv') {
    const lines = [...profiles].flatMap(([model, types]) =>
      [...types].flatMap(([name, type]) => linesOf(model, name, type)),
    )
    yield csvText([HEADER, ...lines])
    return
  }
  const known = (share: number | undefined) => (share === undefined ? '' : percent(share, 1))
  const header = [
    'model',
    'type',
    'cutoff',
    'small',
    'base time',
    space.types.some(({ slots = 1 }) => slots > 1) ? 'q/s of one slot' : 'q/s of one',
    'on sizes up to a wider cutoff',
  ]
  const lines = [...profiles].flatMap(([model, types]) =>
    [...types].map(([name, { qps, auxiliary }]) => [
      model,
      name,
      auxiliary === undefined ? 'base' : String(auxiliary.cutoff),
      known(auxiliary?.smallShare),
      known(auxiliary?.timeShare),
      formatRate(qps),
      [...(auxiliary?.rates ?? [])]
        .filter(([upTo]) => upTo !== auxiliary?.cutoff)
        .map(([upTo, rate]) => `${upTo}: ${formatRate(rate)}`)
        .join(', '),
    ]),
  )
  const { bold } = styles(color)
  yield inColumns([header.map(bold), ...lines], [0, 1, 6])
}

function linesOf(model: string, name: string, { qps, auxiliary }: TypeProfile): Cell[][] {
  if (!auxiliary) return [[model, name, null, null, null, null, qps]]
  const { cutoff, smallShare, timeShare, rates } = auxiliary
  return [...rates].map(([upTo, rate]) => [model, name, cutoff, smallShare, timeShare, upTo, rate])
}
