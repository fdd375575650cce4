import type { Space } from '../../model/fleet/space.ts'
import type { Profile, TypeProfile } from '../../model/workload/profile.ts'
import { inColumns, styles } from '../columns.ts'
import { type Cell, csvText } from '../csv.ts'
import { jsonText } from '../json.ts'
import { formatRate, percent } from '../numbers.ts'

const HEADER = ['model', 'instance_type', 'cutoff', 'small_share', 'time_share', 'up_to', 'qps']

/** The derived inputs of the closed form, one row per model, type and cutoff. Rates are those of one slot. */
export function profileText(profiles: Profiles, space: Space, format: string, color: boolean): string {
  if (format === 'json') return json(profiles)
  return format === 'csv' ? csv(profiles) : table(profiles, space, color)
}

type Profiles = ReadonlyMap<string, Profile>

function json(profiles: Profiles): string {
  const plain = ({ qps, auxiliary }: TypeProfile) => {
    if (!auxiliary) return { qps }
    return { qps, ...auxiliary, rates: [...auxiliary.rates].map(([upTo, rate]) => ({ upTo, qps: rate })) }
  }
  const models = [...profiles].map(([model, types]) => ({
    model,
    types: [...types].map(([name, type]) => ({ name, ...plain(type) })),
  }))
  return jsonText({ models })
}

function csv(profiles: Profiles): string {
  const lines = [...profiles].flatMap(([model, types]) =>
    [...types].flatMap(([name, type]) => linesOf(model, name, type)),
  )
  return csvText([HEADER, ...lines])
}

function table(profiles: Profiles, space: Space, color: boolean): string {
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
  return inColumns([header.map(bold), ...lines], [0, 1, 6])
}

function linesOf(model: string, name: string, { qps, auxiliary }: TypeProfile): Cell[][] {
  if (!auxiliary) return [[model, name, null, null, null, null, qps]]
  const { cutoff, smallShare, timeShare, rates } = auxiliary
  return [...rates].map(([upTo, rate]) => [model, name, cutoff, smallShare, timeShare, upTo, rate])
}
