import { KairosError } from '../../model/errors.ts'
import type { Profile, TypeProfile } from '../../model/profile.ts'
import { writeAtomically } from '../io/write.ts'
import { checkDocument, type Document, openDocument, placeOf } from './document.ts'
import type { Documents } from './schemas.ts'

type PublishedType = Documents['profile'][string][string]

const AUXILIARY = ['small_ratio', 'vio_batch', 'time_ratio', 'all_batch'] as const

/**
 * Reads the published allocator_profile.json, in JSON or YAML: by model and instance type the rate, and of
 * auxiliary types the share of small queries, the cutoff, their share of time, and the rate at each cutoff.
 *
 * @returns profiles by model; rates start with the type's own cutoff, then follow the order of the types
 * @throws KairosError NO_FILE, BAD_FILE
 */
export async function readProfile(path: string): Promise<Map<string, Profile>> {
  const document = await openDocument(path)
  const published = await checkDocument(document, 'profile')
  const profiles = new Map<string, Profile>()
  for (const [model, types] of Object.entries(published)) {
    const bases = Object.keys(types).filter((name) => types[name].vio_batch === undefined)
    if (bases.length !== 1) {
      throw new KairosError(
        'BAD_FILE',
        `has ${bases.length} types without vio_batch${bases.length ? `: ${bases.join(', ')}` : ''}`,
        await placeOf(document, [model]),
        'expected one, the base; each auxiliary type has vio_batch',
      )
    }
    const cutoffs = Object.values(types).flatMap(({ vio_batch: cutoff }) => cutoff ?? [])
    const profile = new Map<string, TypeProfile>()
    for (const [name, type] of Object.entries(types)) {
      profile.set(name, await typeProfile(document, [model, name], type, cutoffs))
    }
    profiles.set(model, profile)
  }
  return profiles
}

async function typeProfile(
  document: Document,
  path: readonly [model: string, type: string],
  published: PublishedType,
  cutoffs: readonly number[],
): Promise<TypeProfile> {
  const { qps, small_ratio: smallShare, vio_batch: cutoff, time_ratio: timeShare, all_batch: all } = published
  if (cutoff === undefined) {
    const odd = AUXILIARY.find((key) => published[key] !== undefined)
    if (odd === undefined) return { qps }
    const cure = 'expected a batch size > 0, as the type has the other fields of an auxiliary type'
    throw new KairosError('BAD_FILE', 'is missing', await placeOf(document, [...path, 'vio_batch']), cure)
  }
  if (smallShare === undefined || timeShare === undefined || all === undefined) {
    const missing = AUXILIARY.find((key) => published[key] === undefined)!
    const cure = `expected ${AUXILIARY.join(', ')} of a type that has vio_batch`
    throw new KairosError('BAD_FILE', 'is missing', await placeOf(document, [...path, missing]), cure)
  }
  if (!(cutoff in all)) {
    const place = await placeOf(document, [...path, 'all_batch'])
    throw new KairosError('BAD_FILE', `has no rate at the cutoff ${cutoff}`, place, 'expected one')
  }
  const keys = Object.keys(all)
  const odd = keys.find((key) => !(Number(key) > 0 && String(Number(key)) === key))
  if (odd !== undefined) {
    const place = await placeOf(document, [...path, 'all_batch', odd])
    throw new KairosError('BAD_FILE', 'is no cutoff', place, 'expected a batch size > 0')
  }
  // a parsed object lists whole-number keys in increasing order, whatever the file says
  const rates = new Map<number, number>()
  for (const key of [cutoff, ...cutoffs, ...keys.map(Number)]) {
    if (all[key] !== undefined) rates.set(key, all[key])
  }
  return { qps, auxiliary: { cutoff, smallShare, timeShare, rates } }
}

/** Writes profiles by model as an allocator_profile.json, everything in the order of the maps. */
export async function writeProfile(path: string, profiles: ReadonlyMap<string, Profile>): Promise<void> {
  await writeAtomically(path, `${profileText(profiles)}\n`)
}

/** As text, because an object would list whole-number keys in increasing order. */
function profileText(profiles: ReadonlyMap<string, Profile>): string {
  return block(
    [...profiles].map(([model, profile]): Member => {
      return [model, block([...profile].map(([name, type]): Member => [name, typeText(type)]))]
    }),
  )
}

function typeText({ qps, auxiliary }: TypeProfile): string {
  const members: Member[] = [['qps', String(qps)]]
  if (auxiliary) {
    const { cutoff, smallShare, timeShare, rates } = auxiliary
    members.push(
      ['small_ratio', String(smallShare)],
      ['vio_batch', String(cutoff)],
      ['time_ratio', String(timeShare)],
      ['all_batch', block([...rates].map(([key, rate]): Member => [String(key), String(rate)]))],
    )
  }
  return block(members)
}

type Member = readonly [key: string, text: string]

function block(members: readonly Member[]): string {
  if (members.length === 0) return '{}'
  const lines = members.map(([key, text]) => `${JSON.stringify(key)}: ${text}`.replaceAll('\n', '\n    '))
  return `{\n    ${lines.join(',\n    ')}\n}`
}
