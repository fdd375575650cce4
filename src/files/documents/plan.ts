import { KairosError } from '../../model/errors.ts'
import type { FleetSchedule } from '../../model/fleet/plan.ts'
import { parseTimestamp, textOfTime } from '../io/timestamp.ts'
import { checkDocument, type Fields, faultAt, openDocument } from './document.ts'
import { checkOnePerType } from './one-per-type.ts'

/** Keys of a plan that a replay does not need are ignored. */
export const planSchema = (fields: Fields) => {
  const { flag, list, looseObject, nonnegative, positive, text } = fields
  const { countsByType, model, slotsByType, typeNames } = fields
  const byType = (what: string) => list(nonnegative(what), what)
  return looseObject(
    {
      model: model().optional(),
      types: typeNames(),
      pricePerHour: byType('dollars per hour by type, numbers >= 0'),
      startDelayS: byType('seconds until an instance serves by type, numbers >= 0'),
      startFee: byType('dollars per start by type, numbers >= 0'),
      slots: slotsByType().optional(),
      windowS: positive('the length of a window in seconds > 0'),
      cyclic: flag('true or false: whether the plan repeats'),
      begin: text('when the first window begins, a text such as 2026-11-18T09:30:00Z').optional(),
      initial: countsByType('counts that run before the first window, by type').optional(),
      windows: list(
        looseObject(
          {
            counts: countsByType('counts in the order of the types'),
            rateQps: nonnegative('queries per second, a number >= 0').optional(),
          },
          'a window: an object with counts',
        ),
        'a list of windows',
      ),
    },
    'a plan, as kairos-wasm plan --format json prints it',
  )
}

/** A saved plan, and the rate of each window if the plan has them. */
export interface SavedPlan {
  readonly schedule: FleetSchedule
  readonly rateQps: readonly number[] | undefined
}

/**
 * Reads a plan that `kairos-wasm plan --format json` has printed, as far as a replay needs it.
 *
 * @param models the models that it may be for; a plan that names none is for any
 * @throws KairosError NO_FILE, BAD_FILE; BAD_MODEL for a plan of another model
 */
export async function readPlan(path: string, models: readonly string[]): Promise<FleetSchedule> {
  return (await readSavedPlan(path, models)).schedule
}

/** As `readPlan`, with the rates of the windows. */
export async function readSavedPlan(path: string, models: readonly string[]): Promise<SavedPlan> {
  const document = await openDocument(path)
  const plan = await checkDocument(document, planSchema)
  const { model, types, windowS, cyclic, begin, windows } = plan
  const { pricePerHour, startDelayS, startFee, slots, initial } = plan
  if (model !== undefined && !models.includes(model)) {
    const cure = `expected "${models.join('" or "')}": name the model of the plan, with --model or --workload`
    throw new KairosError('BAD_MODEL', `plans "${model}"`, { file: path, field: 'model' }, cure)
  }
  for (const [key, numbers] of Object.entries({ pricePerHour, startDelayS, startFee, slots, initial })) {
    if (numbers !== undefined) await checkOnePerType(document, [key], numbers, types)
  }
  const beginTime = begin === undefined ? undefined : parseTimestamp(begin)
  if (begin !== undefined && beginTime === undefined) {
    throw await faultAt(document, ['begin'], `is "${begin}"`, 'expected a time such as 2026-11-18T09:30:00Z')
  }
  if (windows.length === 0) {
    throw await faultAt(document, ['windows'], 'is empty', 'expected at least one window')
  }
  for (const [w, { counts }] of windows.entries()) {
    await checkOnePerType(document, ['windows', w, 'counts'], counts, types)
  }
  const counts = windows.map((window) => window.counts)
  const schedule = {
    ...{ types, pricePerHour, startDelayS, startFee, windowS, cyclic, counts },
    ...(slots && { slots }),
    // in UTC: JavaScript takes a time without a zone for a local one
    ...(beginTime && { begin: textOfTime(beginTime) }),
    ...(initial && { initial }),
  }
  const rates = windows.flatMap(({ rateQps }) => (rateQps === undefined ? [] : [rateQps]))
  return { schedule, rateQps: rates.length === windows.length ? rates : undefined }
}
