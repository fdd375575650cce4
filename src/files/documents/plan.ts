import { KairosError } from '../../model/errors.ts'
import type { FleetSchedule } from '../../model/plan.ts'
import { checkDocument, openDocument, placeOf } from './document.ts'

/**
 * Reads a plan that `kairos plan --format json` has printed, as far as a replay needs it.
 *
 * @throws KairosError NO_FILE, BAD_FILE
 */
export async function readPlan(path: string): Promise<FleetSchedule> {
  const document = await openDocument(path)
  const { types, pricePerHour, startDelayS, startFee, windowS, cyclic, windows } = await checkDocument(
    document,
    'plan',
  )
  const refuse = async (keys: readonly PropertyKey[], problem: string, cure: string): Promise<never> => {
    throw new KairosError('BAD_FILE', problem, await placeOf(document, keys), cure)
  }
  for (const [key, values] of Object.entries({ pricePerHour, startDelayS, startFee })) {
    if (values.length === types.length) continue
    await refuse([key], `has ${values.length} numbers`, `expected one for each of ${types.length} types`)
  }
  if (windows.length === 0) await refuse(['windows'], 'is empty', 'expected at least one window')
  for (const [w, { counts }] of windows.entries()) {
    if (counts.length === types.length) continue
    const problem = `has ${counts.length} counts`
    await refuse(['windows', w, 'counts'], problem, `expected one for each of ${types.length} types`)
  }
  const counts = windows.map((window) => window.counts)
  return { types, pricePerHour, startDelayS, startFee, windowS, cyclic, counts }
}
