import { checkNames, isMap, valueText } from '../../model/checks.ts'
import { refuseModel } from '../../model/errors.ts'
import { checkProfile, type Profile, type TypeProfile } from '../../model/workload/profile.ts'
import { writeAtomically } from '../io/write.ts'
import { type Checked, checkDocument, type Document, type Fields, faultAt, openDocument } from './document.ts'

export const profileSchema = ({ between, nonnegative, object, positive, record }: Fields) =>
  record(
    record(
      object(
        {
          qps: nonnegative('queries a second, 0 for a type that serves no query of the mix'),
          small_ratio: between(0, 1, 'the share of small queries, from 0 to 1').optional(),
          vio_batch: positive('the cutoff, a batch size > 0').optional(),
          time_ratio: between(
            0,
            1,
            "the share of the base's time spent on small queries, from 0 to 1",
          ).optional(),
          all_batch: record(nonnegative('queries a second >= 0'), 'queries a second by cutoff').optional(),
        },
        'a profile: an object with qps; an auxiliary type also has small_ratio, vio_batch, time_ratio and all_batch',
      ),
      'profiles by instance type',
    ),
    'profiles by model and instance type',
  )

type PublishedType = Checked<typeof profileSchema>[string][string]

/** The fields of an auxiliary type. */
const AUXILIARY = ['small_ratio', 'vio_batch', 'time_ratio', 'all_batch'] as const

/**
 * Reads the published allocator_profile.json, in JSON or YAML. It gives the rate of each type by model, and for
 * auxiliary types also the share of small queries, the cutoff, the share of time and the rate at each cutoff.
 *
 * @returns profiles by model; the rates of a type start with its own cutoff, then follow the order of the types
 * @throws KairosError NO_FILE, BAD_FILE
 */
export async function readProfile(path: string): Promise<Map<string, Profile>> {
  const document = await openDocument(path)
  const published = await checkDocument(document, profileSchema)
  const profiles = new Map<string, Profile>()
  for (const [model, types] of Object.entries(published)) {
    const bases = Object.keys(types).filter((name) => types[name].vio_batch === undefined)
    if (bases.length !== 1) {
      const problem = `has ${bases.length} types without vio_batch${bases.length ? `: ${bases.join(', ')}` : ''}`
      const cure = 'expected one, the base; each auxiliary type has vio_batch'
      throw await faultAt(document, [model], problem, cure)
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
    if (odd === undefined) {
      if (qps > 0) return { qps }
      throw await faultAt(document, [...path, 'qps'], `is ${qps}`, 'expected queries a second > 0')
    }
    const cure = 'expected a batch size > 0, as the type has the other fields of an auxiliary type'
    throw await faultAt(document, [...path, 'vio_batch'], 'is missing', cure)
  }
  if (smallShare === undefined || timeShare === undefined || all === undefined) {
    const missing = AUXILIARY.find((key) => published[key] === undefined)!
    const cure = `expected ${AUXILIARY.join(', ')} of a type that has vio_batch`
    throw await faultAt(document, [...path, missing], 'is missing', cure)
  }
  if (!(cutoff in all)) {
    throw await faultAt(
      document,
      [...path, 'all_batch'],
      `has no rate at the cutoff ${cutoff}`,
      'expected one',
    )
  }
  const keys = Object.keys(all)
  const odd = keys.find((key) => !(Number(key) > 0 && String(Number(key)) === key))
  if (odd !== undefined) {
    throw await faultAt(document, [...path, 'all_batch', odd], 'is not a cutoff', 'expected a batch size > 0')
  }
  // JavaScript lists whole-number keys in increasing order, whatever their order in the file
  const rates = new Map<number, number>()
  for (const key of [cutoff, ...cutoffs, ...keys.map(Number)]) {
    if (all[key] !== undefined) rates.set(key, all[key])
  }
  return { qps, auxiliary: { cutoff, smallShare, timeShare, rates } }
}

/**
 * Writes profiles by model as an allocator_profile.json, everything in the order of the maps.
 *
 * @throws KairosError BAD_MODEL for profiles that are none; NO_FILE
 */
export async function writeProfile(path: string, profiles: ReadonlyMap<string, Profile>): Promise<void> {
  if (!isMap(profiles)) {
    refuseModel('profiles', `is ${valueText(profiles)}`, 'a Map from models to profiles is expected')
  }
  checkNames('profiles', [...profiles.keys()])
  for (const profile of profiles.values()) checkProfile(profile)
  await writeAtomically(path, `${profileDocument(profiles)}\n`)
}

/** Text made by hand, because JSON.stringify lists whole-number keys in increasing order. */
function profileDocument(profiles: ReadonlyMap<string, Profile>): string {
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
